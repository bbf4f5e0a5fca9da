#include "cli/processor.h"

#include <cstdlib>
#include <filesystem>
#include <unistd.h>

namespace postrider::cli {

namespace {

constexpr const char* kVariable = "OPENSSL_ia32cap";
constexpr const char* kWithoutAdx =
    ":~0x80000";  // bit 19 of CPUID leaf 7, EBX (OPENSSL_ia32cap(3))

bool prefers_vectors() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_is("amdfam19h") != 0 && __builtin_cpu_supports("avx2") != 0 &&
         __builtin_cpu_supports("avx512ifma") == 0;
#else
  return false;
#endif
}

}  // namespace

void start_again_where_rsa_is_faster(char* const* arguments) {
  if (arguments == nullptr || std::getenv(kVariable) != nullptr || !prefers_vectors()) {
    return;
  }
  std::error_code unknown;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  if (!unknown && ::setenv(kVariable, kWithoutAdx, 0) == 0) {
    ::execv(program.c_str(), arguments);
  }
}

}  // namespace postrider::cli
