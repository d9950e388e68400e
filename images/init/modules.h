#ifndef LIGHTV_MODULES_H
#define LIGHTV_MODULES_H

/* Loads what /modules/order of the initramfs lists, in its order; a module that cannot be loaded gets a console line. */
void modules_load(void);

#endif
