#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "connection.h"

enum { BACKLOG = 128 };

static bool listen_at(struct tunnel *listener, uint32_t address, uint16_t port) {
  int fd = listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = address};
  socklen_t size = sizeof at;
  int yes = 1;
  return fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
         bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, BACKLOG) == 0 &&
         getsockname(fd, (struct sockaddr *)&at, &size) == 0 && (listener->port = ntohs(at.sin_port)) != 0;
}

bool listener_start(struct line *line, uint32_t id, struct cursor *payload) {
  const char *text = get_text(payload);
  uint16_t port = get_u16(payload);
  uint32_t address;
  if (!cursor_done(payload) || !loopback_address(text, &address)) {
    return false;
  }
  struct tunnel *listener = tunnel_new(id, TUNNEL_LISTENER);
  if (listener == NULL) {
    connection_refuse(line, id, "listen at", text, port, EMFILE);
  } else if (!listen_at(listener, address, port)) {
    int error = errno;
    tunnel_free(listener);
    connection_refuse(line, id, "listen at", text, port, error);
  } else {
    snprintf(listener->name, sizeof listener->name, "tcp %.15s:%u", text, listener->port);
    struct frame frame = line_frame(line, GUEST_LISTENING, id, 2);
    put_u16(&frame, listener->port);
    line_send(line, &frame);
  }
  return true;
}

static struct tunnel *waiting_for(const struct tunnel *listener) {
  for (struct tunnel *at = tunnel_next(NULL); at != NULL; at = tunnel_next(at)) {
    if (at->kind == TUNNEL_WAITING && at->listener == listener->id) {
      return at;
    }
  }
  return NULL;
}

bool listener_accept(struct line *line, uint32_t id, struct cursor *payload) {
  uint32_t listener = get_u32(payload), credit = get_u32(payload);
  if (!cursor_done(payload)) {
    return false;
  }
  struct tunnel *of = tunnel_find(listener);
  struct tunnel *waiting = of != NULL && of->kind == TUNNEL_LISTENER ? tunnel_new(id, TUNNEL_WAITING) : NULL;
  if (waiting == NULL) {
    line_send_failed(line, id, of == NULL ? ENOENT : EMFILE, "no further connection can be taken");
    return true;
  }
  waiting->listener = listener;
  waiting->credit = credit;
  return true;
}

void listener_close(struct line *line, struct tunnel *listener) {
  for (struct tunnel *at = waiting_for(listener); at != NULL; at = waiting_for(listener)) {
    line_send_empty(line, GUEST_DONE, at->id);
    tunnel_free(at);
  }
  line_send_empty(line, GUEST_DONE, listener->id);
  tunnel_free(listener);
}

short listener_events(const struct line *line, const struct tunnel *listener) {
  return line_takes_requests(line) && waiting_for(listener) != NULL ? POLLIN : 0;
}

void listener_move(struct line *line, struct tunnel *listener) {
  for (struct tunnel *at = waiting_for(listener); at != NULL; at = waiting_for(listener)) {
    int fd = line_takes_requests(line) ? accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
    if (fd >= 0) {
      at->fd = fd;
      connection_open(line, at);
    } else if (!line_takes_requests(line) || errno == EAGAIN) {
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      /* Told through the place, or the connection that cannot be taken would wake us for ever. */
      line_send_failed(line, at->id, errno, strerror(errno));
      tunnel_free(at);
    }
  }
}
