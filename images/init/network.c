#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

struct network get_network(struct cursor *payload) {
  struct network network;
  network.interface = get_text(payload);
  network.address = get_text(payload);
  network.prefix = get_u8(payload);
  network.gateway = get_text(payload);
  network.dns = get_text(payload);
  return network;
}

static struct ifreq request_for(const char *interface) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
  return request;
}

static bool set_address(int fd, const char *interface, unsigned long what, in_addr_t address) {
  struct ifreq request = request_for(interface);
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = address};
  memcpy(&request.ifr_addr, &in, sizeof in);
  return ioctl(fd, what, &request) == 0;
}

static bool set_up(int fd, const char *interface) {
  struct ifreq request = request_for(interface);
  if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) {
    return false;
  }
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

static bool add_default_route(int fd, in_addr_t gateway) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  struct sockaddr_in via = {.sin_family = AF_INET, .sin_addr.s_addr = gateway};
  struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
  memcpy(&route.rt_dst, &any, sizeof any);
  memcpy(&route.rt_genmask, &any, sizeof any);
  memcpy(&route.rt_gateway, &via, sizeof via);
  return ioctl(fd, SIOCADDRT, &route) == 0 || errno == EEXIST;
}

static void write_file(const char *path, const char *text) {
  /* Images may have a link here that leads nowhere. */
  unlink(path);
  mkdir("/etc", 0755);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
    say("%s could not be written: %s", path, strerror(errno));
  }
  if (fd >= 0) {
    close(fd);
  }
}

static const char *configure(int fd, const struct network *network) {
  in_addr_t gateway = inet_addr(network->gateway);
  in_addr_t address = inet_addr(network->address);
  if (address == INADDR_NONE || network->prefix > 32 || strlen(network->interface) >= IFNAMSIZ) {
    return "the network of the hello is malformed";
  }
  in_addr_t mask = network->prefix == 0 ? 0 : htonl(~(uint32_t)0 << (32 - network->prefix));
  if (!set_address(fd, network->interface, SIOCSIFADDR, address)) {
    return errno == ENODEV ? "the machine has no such network interface" : "the network address could not be set";
  }
  if (!set_address(fd, network->interface, SIOCSIFNETMASK, mask) || !set_up(fd, network->interface)) {
    return "the network interface could not be brought up";
  }
  if (network->gateway[0] != '\0' && (gateway == INADDR_NONE || !add_default_route(fd, gateway))) {
    return "the default route could not be set";
  }
  return NULL;
}

const char *network_up(const struct network *network) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return "the kernel has no IPv4";
  }
  const char *problem = configure(fd, network);
  close(fd);
  if (problem == NULL && network->dns[0] != '\0') {
    char text[128];
    snprintf(text, sizeof text, "nameserver %.60s\n", network->dns);
    write_file("/etc/resolv.conf", text);
  }
  return problem;
}

void network_loopback(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || !set_up(fd, "lo")) {
    say("the loopback interface could not be brought up: %s", strerror(errno));
  }
  if (fd >= 0) {
    close(fd);
  }
}

void network_hosts(const char *hostname) {
  char text[256];
  snprintf(text, sizeof text, "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 %.64s\n", hostname);
  write_file("/etc/hosts", text);
}
