/* Une horloge que l'on recule en cours de route : dès que le fichier HORLOGE_RECULEE existe, l'heure
   du jour est celle d'il y a un an. Les durées (CLOCK_MONOTONIC) n'en savent rien, comme en vrai. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long recul(void) {
  const char *marque = getenv("HORLOGE_RECULEE");
  return marque && access(marque, F_OK) == 0 ? 365L * 86400 : 0;
}

int clock_gettime(clockid_t horloge, struct timespec *heure) {
  int rendu = syscall(SYS_clock_gettime, horloge, heure);
  if (rendu == 0 && (horloge == CLOCK_REALTIME || horloge == CLOCK_REALTIME_COARSE))
    heure->tv_sec -= recul();
  return rendu;
}

int gettimeofday(struct timeval *heure, void *zone) {
  struct timespec lue;
  clock_gettime(CLOCK_REALTIME, &lue);
  heure->tv_sec = lue.tv_sec;
  heure->tv_usec = lue.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *heure) {
  struct timespec lue;
  clock_gettime(CLOCK_REALTIME, &lue);
  if (heure) *heure = lue.tv_sec;
  return lue.tv_sec;
}
