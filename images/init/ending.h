#ifndef LIGHTV_ENDING_H
#define LIGHTV_ENDING_H

#include "tasks.h"

/* How often the kernel has killed something for want of memory; 0 where only the host can know (stream mode). */
uint64_t oom_kills(void);
/* Tells the host how a task ended, after the last byte of its output was queued. */
void ending_report(struct line *line, const struct task *task);

#endif
