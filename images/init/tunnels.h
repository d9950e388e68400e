#ifndef LIGHTV_TUNNELS_H
#define LIGHTV_TUNNELS_H

#include <poll.h>

#include "input.h"

enum { TUNNELS_MAX = 1024 };

enum tunnel_kind { TUNNEL_NONE, TUNNEL_LISTENER, TUNNEL_WAITING, TUNNEL_CONNECTING, TUNNEL_OPEN };

/* What the host listens at on our loopback, or a connection of its own there, made or still to come. */
struct tunnel {
  enum tunnel_kind kind;
  uint32_t id;
  /* The socket, non-blocking; -1 while the connection is still to come. */
  int fd;
  /* Of a listener: its address as `left` would name it. */
  char name[32];
  /* Of a connection to come: the listener's id. */
  uint32_t listener;
  /* Where a connection of the host's own goes. */
  uint32_t address;
  uint16_t port;
  /* Bytes that the host has still room for. */
  uint64_t credit;
  struct input input;
  /* Nothing more is read: the far side ended it or broke it, or the host wants no more. */
  bool read_over;
  /* Nothing more is written: all was, or the far side takes no more. */
  bool write_over;
  /* What the connection broke of, 0 as long as it did not. */
  int error;
};

struct tunnel *tunnel_find(uint32_t id);
/* A free place, cleared, or NULL. */
struct tunnel *tunnel_new(uint32_t id, enum tunnel_kind kind);
/* Closes its socket and gives its place back. */
void tunnel_free(struct tunnel *tunnel);
/* The one after `tunnel`, the first for NULL; NULL behind the last. Those met may be freed meanwhile. */
struct tunnel *tunnel_next(const struct tunnel *tunnel);

/* Whether `name` is the address of a listener of the host, which the guest did not leave behind. */
bool tunnels_listen_at(const char *name);
/* Fills `polls` (room for TUNNELS_MAX) with what to wait for; returns how many. */
size_t tunnels_poll(const struct line *line, struct pollfd *polls);
/* Moves what can be moved without blocking and reports what has ended. */
void tunnels_move(struct line *line);
/* The host they belong to is gone. */
void tunnels_close(void);

#endif
