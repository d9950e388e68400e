#include "copy.h"
_Noreturn void tar_in(const char *folder) { copy_fail(38, "x", folder); }
