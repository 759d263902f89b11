// A disk whose every sync takes SLOW_FSYNC_US microseconds longer: LD_PRELOAD this.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>

static void linger(void) {
  const char *text = getenv("SLOW_FSYNC_US");
  long microseconds = text ? atol(text) : 0;
  struct timespec pause = { microseconds / 1000000, microseconds % 1000000 * 1000 };
  while (nanosleep(&pause, &pause) != 0) {
  }
}

int fsync(int file) {
  linger();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int fdatasync(int file) {
  linger();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}

int msync(void *address, size_t length, int flags) {
  linger();
  return ((int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "msync"))(address, length, flags);
}
