#include "user.h"

#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_LENGTH = 4096, NAME_LENGTH = 256, FIELDS_MAX = 7 };

/* Reads a line and cuts it at its colons; a line that is too long is passed over. False at the end. */
static bool next_line(FILE *file, char *line, char *fields[FIELDS_MAX]) {
  while (fgets(line, LINE_LENGTH, file) != NULL) {
    size_t length = strlen(line);
    if (length == LINE_LENGTH - 1 && line[length - 1] != '\n') {
      for (int c = fgetc(file); c != '\n' && c != EOF;) {
        c = fgetc(file);
      }
      continue;
    }
    line[strcspn(line, "\n")] = '\0';
    char *rest = line;
    for (size_t i = 0; i < FIELDS_MAX; i++) {
      fields[i] = rest == NULL ? "" : strsep(&rest, ":");
    }
    return true;
  }
  return false;
}

static bool number(const char *text, uint32_t *value) {
  char *end;
  unsigned long long found = strtoull(text, &end, 10);
  *value = (uint32_t)found;
  return text[0] >= '0' && text[0] <= '9' && *end == '\0' && found < UINT32_MAX;
}

/* The user's line, by name or by number; its name goes to `name`. */
static bool find_line(const char *wanted, struct user *user, char *name) {
  char line[LINE_LENGTH], *fields[FIELDS_MAX];
  uint32_t uid, gid, asked;
  bool by_number = number(wanted, &asked), found = false;
  FILE *file = fopen("/etc/passwd", "re");
  while (!found && file != NULL && next_line(file, line, fields)) {
    bool same = strcmp(fields[0], wanted) == 0 || (by_number && number(fields[2], &uid) && uid == asked);
    if (same && number(fields[2], &uid) && number(fields[3], &gid)) {
      user->uid = uid;
      user->gid = gid;
      snprintf(name, NAME_LENGTH, "%s", fields[0]);
      found = true;
    }
  }
  if (file != NULL) {
    fclose(file);
  }
  if (!found && by_number) {
    user->uid = asked;
  }
  return found || by_number;
}

static bool lists(const char *members, const char *name) {
  size_t length = strlen(name);
  for (const char *at = members; length > 0 && at != NULL; at = strchr(at, ',')) {
    at += *at == ',';
    if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
      return true;
    }
  }
  return false;
}

static bool find_group(const char *wanted, gid_t *gid) {
  char line[LINE_LENGTH], *fields[FIELDS_MAX];
  uint32_t found;
  if (number(wanted, &found)) {
    *gid = found;
    return true;
  }
  bool there = false;
  FILE *file = fopen("/etc/group", "re");
  while (!there && file != NULL && next_line(file, line, fields)) {
    there = strcmp(fields[0], wanted) == 0 && number(fields[2], &found);
  }
  if (file != NULL) {
    fclose(file);
  }
  if (there) {
    *gid = found;
  }
  return there;
}

static void find_more(const char *name, struct user *user) {
  char line[LINE_LENGTH], *fields[FIELDS_MAX];
  uint32_t gid;
  FILE *file = fopen("/etc/group", "re");
  while (file != NULL && user->count < GROUPS_MAX && next_line(file, line, fields)) {
    if (lists(fields[3], name) && number(fields[2], &gid)) {
      user->more[user->count++] = gid;
    }
  }
  if (file != NULL) {
    fclose(file);
  }
}

bool user_find(const char *text, struct user *user) {
  char wanted[NAME_LENGTH], name[NAME_LENGTH] = "";
  *user = (struct user){0};
  if (text[0] == '\0') {
    return true;
  }
  const char *colon = strchr(text, ':');
  size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);
  if (length == 0 || length >= sizeof wanted) {
    return false;
  }
  memcpy(wanted, text, length);
  wanted[length] = '\0';
  if (!find_line(wanted, user, name)) {
    return false;
  }
  if (colon != NULL) {
    return find_group(colon + 1, &user->gid);
  }
  find_more(name, user);
  return true;
}

bool user_become(const struct user *user) {
  if (user->uid == 0 && user->gid == 0 && user->count == 0) {
    return true;
  }
  return setgroups(user->count, user->more) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
         setresuid(user->uid, user->uid, user->uid) == 0;
}
