#ifndef LIGHTV_CONNECTION_H
#define LIGHTV_CONNECTION_H

#include "tunnels.h"

/* Reads an IPv4 address of the loopback network, in network order; false for any other text. */
bool loopback_address(const char *text, uint32_t *address);
/* Tells the host that it cannot `what` ("listen at") an address. */
void connection_refuse(struct line *line, uint32_t id, const char *what, const char *address, uint16_t port, int error);

/* Connects to a port of the loopback for the host; false when the frame is malformed. */
bool connection_start(struct line *line, uint32_t id, struct cursor *payload);
/* A place has got its connection. */
void connection_open(struct line *line, struct tunnel *connection);
/* The host wants no more of it: what it had sent and ended is still written, anything else is cut off. */
void connection_close(struct line *line, struct tunnel *connection);

short connection_events(const struct line *line, const struct tunnel *connection);
/* Moves what goes without blocking and reports the end, when both directions have ended. */
void connection_move(struct line *line, struct tunnel *connection);

#endif
