#ifndef LIGHTV_SAY_H
#define LIGHTV_SAY_H

#include <stdbool.h>

/* Whether this is PID 1 of a machine of its own (not the stream mode); decides how it ends. */
extern bool in_machine;

/* One line on the console (standard error), prefixed with who speaks. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says it and ends: a machine stops, the stream mode exits with 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends without a word: what was on the disk is synced, a machine stops, the stream mode exits with `code`. */
_Noreturn void leave(int code);

#endif
