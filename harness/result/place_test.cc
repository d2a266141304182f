// place_test.cc. Goal: a place lies in the code under test, wherever compiler, system and harness are installed.
#include "harness/result/place.h"

#include "gtest/gtest.h"

namespace cfgtorture {
namespace {

TEST(Place, LibrariesAreTheCompilersAndTheSystems) {
  for (const char* file : {"/usr/include/c++/12/bits/stl_vector.h", "/opt/gcc-13/include/c++/13/atomic",
                           "/usr/lib/gcc/x86_64-linux-gnu/12/include/emmintrin.h", "/usr/include/string.h",
                           "/usr/lib/llvm-14/lib/clang/14.0.6/include/immintrin.h", "/usr/local/include/absl/x.h"}) {
    EXPECT_TRUE(IsLibrarys(file)) << file;
  }
  for (const char* file : {"locks/mine.cc", "/home/u/mine.cc", "/usr/src/linux/drivers/pci/access.c", "",
                           "/usr/local/include/cfgtorture/harness/kernel/raw_spinlock.h", "harness/sdk/caller.h"}) {
    EXPECT_FALSE(IsLibrarys(file)) << file;
  }
}

TEST(Place, IsTheInnermostFrameThatIsNoLibrarys) {
  const Frame vector{"m", 1, "std::vector::push_back", "/usr/include/c++/12/bits/stl_vector.h", 9};
  const Frame word{"m", 1, "List::add", "harness/kernel/linked_entries.h", 5};
  const Frame unknown{"m", 1, "mine", "", 0};
  EXPECT_EQ(InnermostOwn({vector, word, unknown}).function, "List::add");
  EXPECT_EQ(InnermostOwn({vector, unknown, word}).function, "mine") << "a plug-in without lines is nobody else's";
  EXPECT_EQ(InnermostOwn({vector, vector}).function, "std::vector::push_back") << "better than nothing";
}

}  // namespace
}  // namespace cfgtorture
