// Bytes in and out as files under data/: NAME.in, NAME.want. With POSTRIDER_UPDATE_GOLDEN set, what
// comes out is written there, to be read in the diff.
#pragma once

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>

namespace postrider::mail {

inline std::string data_file(const std::string& name) {
  std::ifstream in(std::string(TEST_DATA) + "/" + name, std::ios::binary);
  EXPECT_TRUE(in) << "no file " << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void expect_golden(const std::string& name, const std::string& text) {
  if (std::getenv("POSTRIDER_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(std::string(TEST_DATA) + "/" + name, std::ios::binary) << text;
  }
  EXPECT_EQ(text, data_file(name)) << name;
}

}  // namespace postrider::mail
