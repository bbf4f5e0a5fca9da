// Loaded in front of the C library: a wall clock that is off by the milliseconds that a mapped file
// says at the moment. What the kernel counts (CLOCK_MONOTONIC, timers) goes on as it is.
//
// libfaketime does the same and more, and turns timers too: an absolute one in the past, with which
// Asio asks for a wake-up at once, becomes one in the future when the clock is set back.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t* off_ms;

__attribute__((constructor)) static void open_clock(void) {
  const int file = open(getenv("WALL_CLOCK_FILE"), O_RDONLY);
  off_ms = mmap(NULL, sizeof(*off_ms), PROT_READ, MAP_SHARED, file, 0);
  if (off_ms == MAP_FAILED) {
    abort();
  }
  close(file);
}

static void move(struct timespec* time, int64_t ms) {
  const int64_t nanoseconds = time->tv_nsec + ms % 1000 * 1000000;
  const int64_t carry = nanoseconds < 0 ? -1 : nanoseconds / 1000000000;
  time->tv_sec += ms / 1000 + carry;
  time->tv_nsec = nanoseconds - carry * 1000000000;
}

static int64_t off(void) {
  return off_ms == NULL ? 0 : __atomic_load_n(off_ms, __ATOMIC_RELAXED);
}

int clock_gettime(clockid_t id, struct timespec* time) {
  const int failed = (int)syscall(SYS_clock_gettime, id, time);
  if (failed == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
    move(time, off());
  }
  return failed;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* place) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (place != NULL) {
    *place = now.tv_sec;
  }
  return now.tv_sec;
}

// The kernel waits by its own wall clock. A clock that is set while somebody waits is not followed.
int pthread_cond_timedwait(pthread_cond_t* restrict condition, pthread_mutex_t* restrict mutex,
                           const struct timespec* restrict until) {
  static int (*real)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*);
  if (real == NULL) {
    real = (int (*)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*))dlsym(
        RTLD_NEXT, "pthread_cond_timedwait");
  }
  struct timespec there = *until;
  move(&there, -off());
  return real(condition, mutex, &there);
}
