#ifndef LIGHTV_NETWORK_H
#define LIGHTV_NETWORK_H

#include "frames.h"

/* IPv4 addresses as text; `gateway` and `dns` may be empty. All point into the hello's payload. */
struct network {
  const char *interface;
  const char *address;
  uint8_t prefix;
  const char *gateway;
  const char *dns;
};

struct network get_network(struct cursor *payload);
/* Gives the interface its address, its route and a resolver. Returns NULL or what went wrong (a static text). */
const char *network_up(const struct network *network);
/* Brings the loopback interface up. */
void network_loopback(void);
/* Writes /etc/hosts for this name. */
void network_hosts(const char *hostname);

#endif
