#include "harness/result/place.h"

#include <algorithm>
#include <string_view>

namespace cfgtorture {

bool IsLibrarys(const std::string& file) {
  const auto has = [&](std::string_view part) { return file.find(part) != std::string::npos; };
  if (has("/include/c++/") || has("/lib/gcc/") || has("/lib/clang/")) return true;
  // /usr/src is where many keep a kernel: code under test.
  for (const std::string_view folder : {"/usr/include/", "/usr/local/include/", "/usr/lib/", "/usr/lib64/"}) {
    if (file.starts_with(folder)) return !has("/harness/");
  }
  return false;
}

const Frame& InnermostOwn(const std::vector<Frame>& stack) {
  const auto own = std::find_if(stack.begin(), stack.end(), [](const Frame& frame) { return !IsLibrarys(frame.file); });
  return own != stack.end() ? *own : stack.front();
}

}  // namespace cfgtorture
