#include "copy.h"
_Noreturn void tar_out(const char *path, bool names_only, bool list) { (void)names_only; (void)list; copy_fail(38, "x", path); }
