/* SPDX-License-Identifier: ISC */
/* What secrunctl check finds, for Prometheus. Runs as the operator; prints no value of a secret. */
#ifndef SECRUN_METRICS_H
#define SECRUN_METRICS_H

#include <stdint.h>

#include "ctl/checking.h"

/*
 * Prints the ages and due dates of all secrets, at `now` (seconds since the epoch), and the counts of the
 * check, in the text format of Prometheus 0.0.4 ("Exposition formats"), which node_exporter's textfile
 * collector takes.
 */
void metrics_print(const struct checking *checking, int64_t now);

#endif
