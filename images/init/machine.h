#ifndef LIGHTV_MACHINE_H
#define LIGHTV_MACHINE_H

/* PID 1 in an initramfs: mounts all there is and makes the overlay the root. Dies with one line when it cannot. */
void machine_boot(void);
/* Opens the port called lightv.agent, which may take a moment to appear. */
int machine_port(void);
/* Writes everything to the disk and leaves it clean; afterwards nothing can be written. Nothing to do in stream mode. */
void machine_sync(void);

#endif
