// Goal: whatever lies in a folder, either a topology or one line that says which file, what, and what was expected.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/pci/topology/topology.h"

namespace cfgtorture::topology {
namespace {

namespace fs = std::filesystem;

constexpr char kExpected[] =
    "Expected the layout of /sys/bus/pci/devices (0000:03:00.0/config), or files named 0000:03:00.0 or "
    "0000:03:00.0.config";

std::string Bytes(const FunctionImage& function) { return {function.config.begin(), function.config.end()}; }
std::string NameOf(const FunctionImage& f) {
  return absl::StrFormat("%04x:%02x:%02x.%d", f.domain, f.bus, f.devfn >> 3, f.devfn & 7);
}

Topology ShippedTopology(const char* name) {
  const auto topology = Load(absl::StrCat(CFGT_SOURCE_DIR, "/workloads/topologies/", name, ".txt"));
  EXPECT_TRUE(topology.ok()) << topology.status();
  return topology.ok() ? *topology : Topology();
}

// A folder that is gone at the end of the test.
class SysfsTest : public ::testing::Test {
 protected:
  SysfsTest() {
    std::string name = (fs::temp_directory_path() / "cfgtorture-sysfs-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  ~SysfsTest() override { fs::remove_all(root_); }

  void Put(const std::string& path, const std::string& bytes) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << bytes;
  }
  std::string ErrorOf(const std::string& path = "") {
    const auto topology = Load((root_ / path).string());
    if (topology.ok()) return "no error";
    std::string text(topology.status().message());
    for (size_t at; (at = text.find(root_.string())) != std::string::npos;)
      text.replace(at, root_.string().size(), "R");
    return text;
  }
  void ExpectSame(const Topology& wanted, const std::string& path = "") {
    const auto got = Load((root_ / path).string());
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(got->warnings.empty()) << got->warnings[0];
    ASSERT_EQ(got->functions.size(), wanted.functions.size());
    for (size_t i = 0; i < wanted.functions.size(); ++i) {
      EXPECT_EQ(NameOf(got->functions[i]), NameOf(wanted.functions[i]));
      EXPECT_EQ(got->functions[i].config, wanted.functions[i].config);
    }
    // And it can be written down.
    const auto again = Parse(Dump(*got), "dump");
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(Dump(*again), Dump(*got));
  }

  fs::path root_;
};

TEST_F(SysfsTest, ReadsWhatSysBusPciDevicesIs) {
  // Folders of /sys/devices, nested below their bridges, and a folder of links to them.
  const Topology pair = ShippedTopology("pair");
  Put("devices/pci0000:00/0000:00:1c.0/config", Bytes(pair.functions[0]));
  Put("devices/pci0000:00/0000:00:1c.0/vendor", "0x8086\n");
  Put("devices/pci0000:00/0000:00:1c.0/power/control", "auto\n");
  fs::create_directories(root_ / "bus");
  for (size_t i = 1; i < pair.functions.size(); ++i) {
    Put("devices/pci0000:00/0000:00:1c.0/" + NameOf(pair.functions[i]) + "/config", Bytes(pair.functions[i]));
    fs::create_directory_symlink(root_ / "devices/pci0000:00/0000:00:1c.0" / NameOf(pair.functions[i]),
                                 root_ / "bus" / NameOf(pair.functions[i]));
  }
  fs::create_directory_symlink(root_ / "devices/pci0000:00/0000:00:1c.0", root_ / "bus/0000:00:1c.0");
  // As every device has: a way back up, which must not be walked.
  fs::create_directory_symlink(root_ / "bus", root_ / "devices/pci0000:00/0000:00:1c.0/subsystem");
  ExpectSame(pair, "bus");
  ExpectSame(pair, "devices");
  ExpectSame(pair, "devices/pci0000:00");
}

TEST_F(SysfsTest, ReadsFlatFilesOfEitherName) {
  const Topology pair = ShippedTopology("pair");
  Put("0000:00:1c.0", Bytes(pair.functions[0]));
  Put("0000:03:00.0.config", Bytes(pair.functions[1]));
  Put("03:00.1.bin", Bytes(pair.functions[2]));
  Put(".gitignore", "x");
  ExpectSame(pair);
}

TEST_F(SysfsTest, EveryShippedMachineSurvivesTheWayThroughAFolder) {
  for (const char* name : {"vfio-nic", "legacy-pci"}) {
    const Topology machine = ShippedTopology(name);
    for (const FunctionImage& f : machine.functions) Put(absl::StrCat(name, "/", NameOf(f), "/config"), Bytes(f));
    ExpectSame(machine, name);
  }
}

TEST_F(SysfsTest, ACopyThatFollowedLinksHasAFunctionTwiceAndTwoDifferentOnesAreAnError) {
  const std::string bytes = Bytes(ShippedTopology("pair").functions[1]);
  Put("0000:03:00.0/config", bytes);
  Put("0000:00:1c.0/config", bytes);
  Put("0000:00:1c.0/0000:03:00.0/config", bytes);
  EXPECT_EQ(ErrorOf(), "no error");
  Put("0000:00:1c.0/0000:03:00.0/config", std::string(256, '\1'));
  EXPECT_EQ(
      ErrorOf(),
      "R/0000:03:00.0/config: duplicate function 0000:03:00.0, and another in R/0000:00:1c.0/0000:03:00.0/config. "
      "Expected each function once");
}

TEST_F(SysfsTest, AFolderWithoutFunctionsIsAnErrorThatTeaches) {
  EXPECT_EQ(ErrorOf(), absl::StrCat("R/: no functions. ", kExpected));
  Put("README", "hello");
  EXPECT_EQ(ErrorOf(), absl::StrCat("R/: no functions. ", kExpected));
  fs::create_directories(root_ / "0000:03:00.0");
  EXPECT_EQ(ErrorOf(), absl::StrCat("R/0000:03:00.0: has no file config. ", kExpected));
}

TEST_F(SysfsTest, SizesThatNoSpaceHasNameTheFile) {
  Put("0000:03:00.0/config", std::string(100, '\1'));
  EXPECT_EQ(
      ErrorOf(),
      "R/0000:03:00.0/config: config of 0000:03:00.0 is truncated: it ends at 0x64. Expected 64, 128, 256 or 4096 "
      "bytes");
  Put("0000:03:00.0/config", "");
  EXPECT_EQ(ErrorOf(), "R/0000:03:00.0/config: config of 0000:03:00.0 is empty. Expected 64 to 4096 bytes");
  Put("0000:03:00.0/config", std::string(8192, '\1'));
  EXPECT_EQ(ErrorOf(),
            "R/0000:03:00.0/config: config of 0000:03:00.0 is larger than 4096 bytes. Expected what sysfs gives: 64, "
            "128, 256 or 4096");
  fs::remove(root_ / "0000:03:00.0/config");
  fs::create_directories(root_ / "0000:03:00.0/config");
  EXPECT_EQ(ErrorOf(), "R/0000:03:00.0/config: cannot be read: Is a directory");
}

TEST_F(SysfsTest, AnAddressThatCannotExistIsAnError) {
  Put("0000:03:20.0", std::string(256, '\1'));
  EXPECT_EQ(ErrorOf(),
            "R/0000:03:20.0: device 20.0 does not exist. Expected a device of 00 to 1f and a function of 0 to 7");
}

TEST_F(SysfsTest, WhatIsLeftOutOrShortIsSaid) {
  Put("README", "x");
  Put("notes/0000:09:00.0", "x");
  Put("10000:e1:00.0/config", std::string(256, '\1'));
  Put("0000:04:00.0/config", std::string(256, '\xff'));
  Put("0000:05:00.0/config", std::string(64, '\0'));
  const auto topology = Load(root_.string());
  ASSERT_TRUE(topology.ok()) << topology.status();
  ASSERT_EQ(topology->functions.size(), 1u);
  EXPECT_EQ(topology->functions[0].title, "0000: 0000:0000");
  EXPECT_EQ(topology->warnings,
            (std::vector<std::string>{
                "0000:04:00.0: left out: it reads all ones, so it was gone or in D3cold",
                "0000:05:00.0: 64 bytes, and no capabilities: sysfs shows more to root alone",
                "10000:e1:00.0: left out: its domain is above ffff",
                absl::StrCat(root_.string(), ": 2 entries left out: not called as a function is, as \"README\"")}));
}

TEST_F(SysfsTest, ALinkToNowhereAndALoopEnd) {
  Put("0000:05:00.0/config", std::string(64, '\0'));
  fs::create_symlink(root_ / "nowhere", root_ / "0000:06:00.0");
  EXPECT_EQ(ErrorOf(), "R/0000:06:00.0: cannot be read: No such file or directory");
  fs::remove(root_ / "0000:06:00.0");
  fs::create_directory_symlink(root_, root_ / "0000:07:00.0");
  EXPECT_EQ(ErrorOf(), absl::StrCat("R/0000:07:00.0: has no file config. ", kExpected));
}

// Names and bytes of real machines, mutated. No input may crash, hang or give an error without its file; what is
// accepted survives being dumped and read again.
TEST(SysfsFuzz, FuzzedFilesNeverBreakTheReader) {
  constexpr unsigned kSeed = 61803;
  std::printf("seed %u\n", kSeed);
  std::mt19937 random(kSeed);
  std::vector<ConfigFile> base;
  for (const char* name : {"pair", "legacy-pci", "vfio-nic"}) {
    for (const FunctionImage& f : ShippedTopology(name).functions)
      base.push_back({NameOf(f), "fuzz/" + NameOf(f), Bytes(f)});
  }
  int accepted = 0, warned = 0;
  for (int round = 0; round < 5000; ++round) {
    const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
    std::vector<ConfigFile> files;
    for (size_t n = 1 + below(3); n > 0; --n) files.push_back(base[below(base.size())]);
    for (size_t i = below(4); i > 0; --i) {
      ConfigFile& file = files[below(files.size())];
      switch (below(6)) {
        case 0:
          file.name[below(file.name.size())] = "0123456789abcdef:.-x\n"[below(21)];
          break;
        case 1:
          file.name.insert(below(file.name.size()), 1, static_cast<char>(random()));
          break;
        case 2:
          file.bytes.resize(below(2) == 0 ? below(5000) : size_t{64} << below(8));
          break;
        default:
          if (!file.bytes.empty()) file.bytes[below(file.bytes.size())] = static_cast<char>(random());
          break;
        case 3:
          file.name.resize(1 + below(file.name.size()));
          break;
      }
    }
    const auto topology = FromConfigFiles(files, "fuzz");
    if (!topology.ok()) {
      const std::string message(topology.status().message());
      ASSERT_EQ(message.rfind("fuzz", 0), 0u) << message;
      ASSERT_EQ(message.find('\n'), std::string::npos) << message;
      continue;
    }
    ++accepted;
    warned += !topology->warnings.empty();
    const std::string dump = Dump(*topology);
    const auto again = Parse(dump, "again");
    ASSERT_TRUE(again.ok()) << again.status();
    ASSERT_EQ(Dump(*again), dump);
  }
  EXPECT_GT(accepted, 100);
  EXPECT_LT(accepted, 5000);
  std::printf("accepted %d, with warnings %d\n", accepted, warned);
}

}  // namespace
}  // namespace cfgtorture::topology
