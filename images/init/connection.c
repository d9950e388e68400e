#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool loopback_address(const char *text, uint32_t *address) {
  struct in_addr in;
  if (inet_pton(AF_INET, text, &in) != 1 || ntohl(in.s_addr) >> 24 != IN_LOOPBACKNET) {
    return false;
  }
  *address = in.s_addr;
  return true;
}

void connection_refuse(struct line *line, uint32_t id, const char *what, const char *address, uint16_t port,
                       int error) {
  char sentence[128];
  snprintf(sentence, sizeof sentence, "could not %s %.15s:%u: %s", what, address, port, strerror(error));
  line_send_failed(line, id, error, sentence);
}

static void refuse(struct line *line, struct tunnel *connection, int error) {
  char text[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &connection->address, text, sizeof text);
  connection_refuse(line, connection->id, "connect to", text, connection->port, error);
  tunnel_free(connection);
}

/* Asked again, it tells how it went. */
static void try_connect(struct line *line, struct tunnel *connection) {
  struct sockaddr_in to = {
      .sin_family = AF_INET, .sin_port = htons(connection->port), .sin_addr.s_addr = connection->address};
  if (connect(connection->fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EISCONN) {
    connection_open(line, connection);
  } else if (errno != EINPROGRESS && errno != EALREADY && errno != EINTR) {
    refuse(line, connection, errno);
  }
}

bool connection_start(struct line *line, uint32_t id, struct cursor *payload) {
  uint32_t credit = get_u32(payload), address;
  const char *text = get_text(payload);
  uint16_t port = get_u16(payload);
  if (!cursor_done(payload) || port == 0 || !loopback_address(text, &address)) {
    return false;
  }
  struct tunnel *connection = tunnel_new(id, TUNNEL_CONNECTING);
  if (connection == NULL) {
    connection_refuse(line, id, "connect to", text, port, EMFILE);
    return true;
  }
  connection->address = address;
  connection->port = port;
  connection->credit = credit;
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (connection->fd < 0) {
    refuse(line, connection, errno);
  } else {
    try_connect(line, connection);
  }
  return true;
}

void connection_open(struct line *line, struct tunnel *connection) {
  int yes = 1;
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  connection->input.bytes = malloc(INPUT_WINDOW);
  if (connection->input.bytes == NULL) {
    line_send_failed(line, connection->id, ENOMEM, strerror(ENOMEM));
    tunnel_free(connection);
    return;
  }
  connection->kind = TUNNEL_OPEN;
  line_send_empty(line, GUEST_CONNECTED, connection->id);
}

/* The far side is told that it was cut off, rather than that all was said. */
static void reset(struct tunnel *connection) {
  struct linger none = {.l_onoff = 1};
  setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

void connection_close(struct line *line, struct tunnel *connection) {
  if (connection->kind == TUNNEL_OPEN && connection->input.ended) {
    connection->read_over = true;
    return;
  }
  if (connection->fd >= 0) {
    reset(connection);
  }
  line_send_empty(line, GUEST_DONE, connection->id);
  tunnel_free(connection);
}

static bool wants_output(const struct line *line, const struct tunnel *connection) {
  return !connection->read_over && connection->credit > 0 && line_takes_output(line);
}

short connection_events(const struct line *line, const struct tunnel *connection) {
  if (connection->kind == TUNNEL_CONNECTING) {
    return line_takes_requests(line) ? POLLOUT : 0;
  }
  bool output = wants_output(line, connection), input = !connection->write_over && connection->input.size > 0;
  return (short)((output ? POLLIN : 0) | (input ? POLLOUT : 0));
}

static void move_input(struct line *line, struct tunnel *connection) {
  struct input *input = &connection->input;
  int error = connection->write_over ? 0 : input_write(input, connection->fd);
  if (error != 0) {
    connection->error = error;
    connection->write_over = true;
  }
  if (connection->write_over) {
    input_drop(input);
  } else if (input->ended && input->size == 0) {
    shutdown(connection->fd, SHUT_WR);
    connection->write_over = true;
  }
  input_grant(line, input, connection->id);
}

static void move_output(struct line *line, struct tunnel *connection) {
  if (!wants_output(line, connection)) {
    return;
  }
  size_t most = connection->credit < CHUNK_MAX ? (size_t)connection->credit : CHUNK_MAX;
  long n = line_forward(line, connection->fd, GUEST_DATA, connection->id, most);
  if (n > 0) {
    connection->credit -= (uint64_t)n;
  } else if (n == 0) {
    connection->read_over = true;
    line_send_empty(line, GUEST_DATA_END, connection->id);
  } else if (errno != EAGAIN && errno != EINTR) {
    connection->error = errno;
    connection->read_over = connection->write_over = true;
  }
}

static void report(struct line *line, struct tunnel *connection) {
  if (connection->error != 0) {
    line_send_failed(line, connection->id, connection->error, strerror(connection->error));
  } else {
    line_send_empty(line, GUEST_DONE, connection->id);
  }
  tunnel_free(connection);
}

void connection_move(struct line *line, struct tunnel *connection) {
  if (connection->kind == TUNNEL_CONNECTING) {
    if (line_takes_requests(line)) {
      try_connect(line, connection);
    }
    return;
  }
  move_input(line, connection);
  move_output(line, connection);
  if (connection->read_over && connection->write_over && line_takes_requests(line)) {
    report(line, connection);
  }
}
