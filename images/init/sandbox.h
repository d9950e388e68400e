#ifndef LIGHTV_SANDBOX_H
#define LIGHTV_SANDBOX_H

/*
 * Makes the root of a sandbox on the host and becomes the program that shuts itself into it. Its arguments, in this order:
 *
 *   base      a folder with the folders `disk`, `root` and `empty` to mount on, and the file `filter`
 *   how       loop: the disk is a file that holds an ext4; folder: it is a folder; copy: a folder, and the image's files
 *             are copied onto it
 *   disk
 *   image     the folder that holds its files
 *   layer     names the image's own layer on the disk
 *   space     opens a user namespace
 *   network   opens the network namespace to enter, or ""
 *   name      the host name
 *   resolver  what goes into /etc/resolv.conf
 *
 * then five lists, each ended by `--`: files the process adds itself to; folders of the disk (store, path); tools (folder,
 * path); binds (from, to); the program, which gets the filter as 5 and the user namespace as 6. The mounts are in a
 * namespace that goes with the processes in it, and the loop device with its last mount. The process
 * dies with the thread that started it.
 */
_Noreturn void sandbox_enter(char **words);

#endif
