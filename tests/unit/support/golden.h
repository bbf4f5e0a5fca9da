// Files of a folder's data/: what must be read as it was written once, and what comes out.
#pragma once

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

#include "base/read_file.h"

namespace postrider::test {

inline std::string data_file(const std::string& name) {
  const Result<std::string> read = read_file(std::string(TEST_DATA) + "/" + name);
  EXPECT_TRUE(read) << read.error().text();
  return read.value_or("");
}

/// With POSTRIDER_UPDATE_GOLDEN set, `text` is written there, to be read in the diff.
inline void expect_golden(const std::string& name, const std::string& text) {
  if (std::getenv("POSTRIDER_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(std::string(TEST_DATA) + "/" + name, std::ios::binary) << text;
  }
  EXPECT_EQ(text, data_file(name)) << name;
}

/// The bytes of a record that an earlier version has stored, kept as hexadecimal digits. Never
/// written anew: a record of another form is another file.
inline std::string stored_record(const std::string& name) {
  std::string bytes;
  const std::string digits = data_file(name);
  for (std::size_t i = 0; i + 1 < digits.size();) {
    if (digits[i] == '\n') {
      ++i;
      continue;
    }
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    i += 2;
  }
  return bytes;
}

}  // namespace postrider::test
