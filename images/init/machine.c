#include "machine.h"
#include "say.h"
void machine_boot(void) {}
int machine_port(void) { return -1; }
void machine_sync(void) {}
