#ifndef LIGHTV_COPY_H
#define LIGHTV_COPY_H

#include "tasks.h"

/*
 * Starts a copy as a child of its own, so that a slow disk or a broken archive never holds up the line. False when the
 * frame is malformed; what goes wrong later is told to the host.
 */
bool copy_in_start(struct line *line, uint32_t id, struct cursor *payload);
bool copy_out_start(struct line *line, uint32_t id, struct cursor *payload);

/* Ends a copy's child: the sentence goes to the host with the errno. */
_Noreturn void copy_fail(int error, const char *what, const char *path);

/* Unpacks the tar on standard input below `folder`, for the user `owner` (see user.h). */
_Noreturn void tar_in(const char *folder, const char *owner);
/* Packs `path` to standard output; with `list`, standard input names the entries, each ended by a NUL. */
_Noreturn void tar_out(const char *path, bool names_only, bool list);

#endif
