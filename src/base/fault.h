// Places at which a test can have the process end as kill -9 or a power cut would: between two
// steps whose order a promise rests on. `POSTRIDER_FAULT=NAME:N` in the environment ends it when
// the place NAME is passed for the Nth time.
//
// Compiled in by the preset `faults` alone (POSTRIDER_FAULT_POINTS); in any other build the calls
// are nothing. Any thread.
#pragma once

namespace postrider {

#ifdef POSTRIDER_FAULT_POINTS
void fault_point(const char* name);
#else
inline void fault_point(const char* /*name*/) {}
#endif

}  // namespace postrider
