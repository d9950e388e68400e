#ifndef LIGHTV_MACHINE_H
#define LIGHTV_MACHINE_H

#include "mounts.h"

/* PID 1 in an initramfs: makes devices usable. Dies with one line when it cannot, as the next one does. */
void machine_boot(void);
/* Mounts the disks and what the hello names, and makes the overlay of image and disk the root. To be called once. */
void machine_enter(const struct mounts *mounts);
bool machine_entered(void);
/* Opens the port called lightv.agent, which may take a moment to appear. */
int machine_port(void);
/* Writes everything to the disk and leaves it clean; afterwards nothing can be written. Nothing to do in stream mode. */
void machine_sync(void);

#endif
