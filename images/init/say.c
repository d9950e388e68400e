#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

bool in_machine = false;

static void print(const char *format, va_list args) {
  char text[1024] = "lightv-init: ";
  size_t used = strlen(text);
  int n = vsnprintf(text + used, sizeof text - used - 1, format, args);
  if (n > 0) {
    used += (size_t)n < sizeof text - used - 1 ? (size_t)n : sizeof text - used - 2;
  }
  text[used++] = '\n';
  ssize_t written = write(STDERR_FILENO, text, used);
  (void)written; /* There is nowhere else to say it. */
}

void say(const char *format, ...) {
  va_list args;
  va_start(args, format);
  print(format, args);
  va_end(args);
}

void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  print(format, args);
  va_end(args);
  leave(1);
}

void leave(int code) {
  if (in_machine) {
    sync();
    /* A restart and not a power-off: that needs no ACPI, and every host runs machines that end instead (-no-reboot). */
    reboot(RB_AUTOBOOT);
  }
  _exit(code);
}
