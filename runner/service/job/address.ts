/** Where jobs find their services: on a loopback address of the machines' own, above the ports that are handed out. */
export const servicesAddress = { address: '127.76.86.1', port: 61_986 };
