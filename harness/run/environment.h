// harness/run/environment.h: what a reader must know of the machine to judge a figure.
#ifndef CFGTORTURE_HARNESS_RUN_ENVIRONMENT_H_
#define CFGTORTURE_HARNESS_RUN_ENVIRONMENT_H_

#include <cstdint>
#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::run {

Environment ThisEnvironment();

// CPUs that this process may run on; at least 1.
uint32_t AllowedCpus();

double Load();  // of the last minute: how many run or want to; -1 if nobody says
// A line on a host whose CPUs others wanted before and while this process had work for all of them; "" if they did not.
std::string BusyHost(double load_before, double load_after, uint32_t cpus);

// Folder of the running executable: the workers and the built-in code under test lie beside it.
std::string OwnFolder();

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_ENVIRONMENT_H_
