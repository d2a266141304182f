// workloads/parts.h: the workloads that `mixed` deals out rounds of, each made by the file that it lies in.
#ifndef CFGTORTURE_WORKLOADS_PARTS_H_
#define CFGTORTURE_WORKLOADS_PARTS_H_

#include <memory>

#include "workloads/crew.h"

namespace cfgtorture {

std::unique_ptr<RoundWorkload> MakeVfioHotplug();
std::unique_ptr<RoundWorkload> MakeIrqMsi();
std::unique_ptr<RoundWorkload> MakeDstate();
std::unique_ptr<RoundWorkload> MakeConfigScan();

}  // namespace cfgtorture

#endif  // CFGTORTURE_WORKLOADS_PARTS_H_
