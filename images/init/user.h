#ifndef LIGHTV_USER_H
#define LIGHTV_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { GROUPS_MAX = 64 };

/* Whom a command runs as and files belong to. */
struct user {
  uid_t uid;
  gid_t gid;
  gid_t more[GROUPS_MAX];
  size_t count;
};

/*
 * Finds `name`, `uid`, `name:group` or `uid:gid` in the machine's own /etc/passwd and /etc/group; "" is root. A number
 * needs no line there. Without a group it has the one of its line, else 0, and those that list it. False: there is no
 * such user or group.
 */
bool user_find(const char *text, struct user *user);

/* Makes this process that user for good. False: errno says why. */
bool user_become(const struct user *user);

#endif
