#include "left.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "processes.h"
#include "say.h"
#include "tunnels.h"

enum { FACTS_MAX = 4096, FACT_SIZE = 256, NAMED_MAX = 200, ANSWER_SPACE = 128 * 1024 };

/* One thing the machine has, as text: a mount point with its id, or a listening socket, or an interface. */
struct facts {
  char (*text)[FACT_SIZE];
  size_t count;
};

static struct facts mounts_before, network_before;

__attribute__((format(printf, 2, 3))) static void add(struct facts *facts, const char *format, ...) {
  if (facts->count < FACTS_MAX) {
    va_list args;
    va_start(args, format);
    vsnprintf(facts->text[facts->count++], FACT_SIZE, format, args);
    va_end(args);
  }
}

static bool has(const struct facts *facts, const char *text) {
  for (size_t i = 0; i < facts->count; i++) {
    if (strcmp(facts->text[i], text) == 0) {
      return true;
    }
  }
  return false;
}

static void read_lines(const char *path, struct facts *facts, void (*take)(struct facts *, const char *, const char *),
                       const char *kind) {
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    return; /* A kernel without that protocol has no sockets of it either. */
  }
  char line[2048];
  while (fgets(line, sizeof line, file) != NULL) {
    take(facts, line, kind);
  }
  fclose(file);
}

/* The id first, so that a mount over another of the same name is seen. */
static void take_mount(struct facts *facts, const char *line, const char *kind) {
  (void)kind;
  char id[16], where[200];
  if (sscanf(line, "%15s %*s %*s %*s %199s", id, where) == 2) {
    add(facts, "%s %s", id, where);
  }
}

static void take_inet(struct facts *facts, const char *line, const char *kind) {
  char address[33];
  unsigned port, state;
  if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", address, &port, &state) != 3) {
    return;
  }
  bool listens = kind[0] == 't' ? state == 0x0a : state == 0x07;
  if (!listens) {
    return;
  }
  uint32_t words[4] = {0};
  char text[INET6_ADDRSTRLEN] = "?";
  size_t count = strlen(address) / 8;
  for (size_t i = 0; i < count && i < 4; i++) {
    char word[9] = "";
    memcpy(word, address + 8 * i, 8);
    words[i] = (uint32_t)strtoul(word, NULL, 16);
  }
  inet_ntop(count == 1 ? AF_INET : AF_INET6, words, text, sizeof text);
  char name[80];
  snprintf(name, sizeof name, count == 1 ? "%s %s:%u" : "%s [%s]:%u", kind, text, port);
  if (!tunnels_listen_at(name)) {
    add(facts, "%s", name);
  }
}

static void take_unix(struct facts *facts, const char *line, const char *kind) {
  unsigned flags;
  char path[128];
  if (sscanf(line, "%*[^:]: %*x %*x %x %*x %*x %*d %127s", &flags, path) == 2 && (flags & 0x10000) != 0) {
    add(facts, "%s %s", kind, path);
  }
}

static void read_mounts(struct facts *facts) { read_lines("/proc/self/mountinfo", facts, take_mount, ""); }

static void read_network(struct facts *facts) {
  read_lines("/proc/self/net/tcp", facts, take_inet, "tcp");
  read_lines("/proc/self/net/tcp6", facts, take_inet, "tcp6");
  read_lines("/proc/self/net/udp", facts, take_inet, "udp");
  read_lines("/proc/self/net/udp6", facts, take_inet, "udp6");
  read_lines("/proc/self/net/unix", facts, take_unix, "unix");
  struct if_nameindex *names = if_nameindex();
  for (struct if_nameindex *at = names; at != NULL && at->if_index != 0; at++) {
    add(facts, "interface %s", at->if_name);
  }
  if (names != NULL) {
    if_freenameindex(names);
  }
}

static struct facts empty(void) {
  struct facts facts = {.text = malloc((size_t)FACTS_MAX * FACT_SIZE)};
  if (facts.text == NULL) {
    die("no memory to look at what is left");
  }
  return facts;
}

void left_remember(void) {
  mounts_before = empty();
  network_before = empty();
  read_mounts(&mounts_before);
  read_network(&network_before);
}

static void put_processes(struct frame *frame) {
  static struct process found[NAMED_MAX];
  size_t count = processes_left(found, NAMED_MAX);
  put_u32(frame, (uint32_t)(count < NAMED_MAX ? count : NAMED_MAX));
  for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
    put_u32(frame, (uint32_t)found[i].pid);
    put_text(frame, found[i].name);
  }
}

static void put_new(struct frame *frame, const struct facts *before, void (*read)(struct facts *), bool has_id) {
  struct facts now = empty();
  read(&now);
  size_t count_at = frame->used, count = 0;
  put_u32(frame, 0);
  for (size_t i = 0; i < now.count && count < NAMED_MAX; i++) {
    if (!has(before, now.text[i])) {
      put_text(frame, has_id ? strchr(now.text[i], ' ') + 1 : now.text[i]);
      count++;
    }
  }
  patch_u32(frame, count_at, (uint32_t)count);
  free(now.text);
}

void left_report(struct line *line, uint32_t id, bool stop) {
  struct frame frame = line_frame(line, GUEST_LEFT, id, ANSWER_SPACE);
  put_processes(&frame);
  put_new(&frame, &mounts_before, read_mounts, true);
  put_new(&frame, &network_before, read_network, false);
  if (stop) {
    processes_stop();
  }
  line_send(line, &frame);
}
