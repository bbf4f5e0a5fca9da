// Places at which a test can have the process end as kill -9 or a power cut would: between two
// steps whose order a promise rests on. `POSTRIDER_FAULT=NAME:N` in the environment ends it when
// the place NAME is passed for the Nth time.
//
// Built so by the preset `faults` alone (POSTRIDER_FAULT_POINTS, of fault.cc and nothing else, so
// that all other files are the same); in any other build a call does nothing. Any thread.
#pragma once

namespace postrider {

void fault_point(const char* name);

}  // namespace postrider
