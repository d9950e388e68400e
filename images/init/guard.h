#ifndef LIGHTV_GUARD_H
#define LIGHTV_GUARD_H

/* Keeps this process from being the one the kernel kills for memory, and takes orphans as its own children. */
void guard_self(void);
/* Gives a child back what guard_self took: it may be killed; and the limits a command expects. */
void guard_child(void);

#endif
