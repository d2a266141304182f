// Goal: whatever the text, either a topology or one line that says where, what and what was expected instead.
#include "harness/pci/topology/topology.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "harness/pci/topology/capabilities.h"

namespace cfgtorture::topology {
namespace {

// A function of `size` zero bytes with the given bytes set.
std::string FunctionText(const std::string& header, size_t size,
                         std::initializer_list<std::pair<unsigned, unsigned>> bytes = {}) {
  std::vector<unsigned> config(size);
  for (const auto& [at, value] : bytes) config[at] = value;
  std::string text = header + "\n";
  for (size_t at = 0; at < size; ++at) {
    if (at % 16 == 0) absl::StrAppendFormat(&text, "%02x:", at);
    absl::StrAppendFormat(&text, " %02x%s", config[at], at % 16 == 15 ? "\n" : "");
  }
  return text + "\n";
}

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<Topology> topology = Parse(text, "x.txt");
  return topology.ok() ? "no error" : std::string(topology.status().message());
}

std::string Shipped(const char* name) { return absl::StrCat(CFGT_SOURCE_DIR, "/workloads/topologies/", name, ".txt"); }

const std::string kIsa = "00:1f.0 ISA bridge: something";

TEST(Topology, FunctionsAreSortedAndADomainIsOptional) {
  const auto topology =
      Parse(FunctionText("0001:02:03.4 b", 256) + FunctionText(kIsa, 64, {{0, 0x86}, {1, 0x80}}), "x");
  ASSERT_TRUE(topology.ok()) << topology.status();
  ASSERT_EQ(topology->functions.size(), 2u);
  EXPECT_EQ(topology->functions[0].domain, 0);
  EXPECT_EQ(topology->functions[0].devfn, 0x1f << 3);
  EXPECT_EQ(topology->functions[0].title, "ISA bridge: something");
  EXPECT_EQ(topology->functions[0].config.size(), 64u);
  EXPECT_EQ(topology->functions[0].config[0], 0x86);
  EXPECT_EQ(topology->functions[1].domain, 1);
  EXPECT_EQ(topology->functions[1].bus, 2);
  EXPECT_EQ(topology->functions[1].devfn, 3 << 3 | 4);
  EXPECT_EQ(topology->functions[1].line, 1);
}

TEST(Topology, ReadsVerboseTextCarriageReturnsAndProseAround) {
  std::string text = "On my machine:\n\n" + FunctionText(kIsa, 256);
  text = absl::StrReplaceAll(text, {{"something\n", "something\n\tControl: I/O+ Mem+\n\tCapabilities: [40] MSI: x\n"}});
  const auto plain = Parse(text, "x");
  ASSERT_TRUE(plain.ok()) << plain.status();
  const auto dos = Parse(absl::StrReplaceAll(text, {{"\n", "\r\n"}}), "x");
  ASSERT_TRUE(dos.ok()) << dos.status();
  EXPECT_EQ(plain->functions[0].config, dos->functions[0].config);
  EXPECT_EQ(plain->functions[0].title, dos->functions[0].title);
}

TEST(Topology, TheLastLineNeedsNoNewline) {
  std::string text = FunctionText(kIsa, 256);
  while (text.back() == '\n') text.pop_back();
  EXPECT_TRUE(Parse(text, "x").ok());
}

TEST(Topology, ATruncatedDumpNamesItsFunction) {
  std::string text = FunctionText(kIsa, 256);
  EXPECT_EQ(ErrorOf(text.substr(0, text.find("50:"))),
            "x.txt:1: dump of 0000:00:1f.0 is truncated: it ends at 0x50. Expected 64, 128, 256 or 4096 bytes");
  EXPECT_EQ(ErrorOf(text.substr(0, text.find("50:") + 10)),
            "x.txt:7: dump of 0000:00:1f.0 is truncated: line 0x50 has 2 bytes. Expected 16");
}

TEST(Topology, BadHexNamesTheByte) {
  std::string text = FunctionText(kIsa, 64);
  text.replace(text.find("10: 00 00") + 7, 2, "0g");
  EXPECT_EQ(ErrorOf(text),
            "x.txt:3: byte 0x11 of 0000:00:1f.0 is not hex: \"0g\". Expected two hex digits, as lspci "
            "-xxx prints");
}

TEST(Topology, OffsetsMustRunInSixteens) {
  std::string text = FunctionText(kIsa, 64);
  text.replace(text.find("20:"), 2, "21");
  EXPECT_EQ(ErrorOf(text), "x.txt:4: offset 0x21 of 0000:00:1f.0 is not a multiple of 16. Expected 0x20");
  text = FunctionText(kIsa, 64);
  text.replace(text.find("20:"), 2, "30");
  EXPECT_EQ(ErrorOf(text), "x.txt:4: offset 0x30 of 0000:00:1f.0 is out of order. Expected 0x20");
  text = FunctionText(kIsa, 64);
  text.insert(text.find("\n20:"), " 00");
  EXPECT_EQ(ErrorOf(text), "x.txt:3: line 0x10 of 0000:00:1f.0 has more than 16 bytes. Expected 16");
}

TEST(Topology, ADuplicateFunctionNamesBothLines) {
  EXPECT_EQ(ErrorOf(FunctionText(kIsa, 64) + FunctionText("0000:" + kIsa, 64)),
            "x.txt:7: duplicate function 0000:00:1f.0, first on line 1. Expected each function once");
}

TEST(Topology, TextWithoutFunctionsIsAnErrorThatTellsTheTwoCauses) {
  EXPECT_NE(ErrorOf("hello\n").find("x.txt:1: no functions. Expected lines as lspci -xxx prints"), std::string::npos);
  EXPECT_NE(ErrorOf("").find("no functions"), std::string::npos);
  EXPECT_NE(ErrorOf(kIsa + "\n").find("none has a hex dump. Expected the output of lspci -xxx"), std::string::npos);
}

TEST(Topology, BytesWithoutAFunctionAreAnError) {
  EXPECT_NE(ErrorOf("00: 86 80\n").find("x.txt:1: bytes at 0x00 belong to no function"), std::string::npos);
}

TEST(Topology, ADeviceThatCannotExistIsAnError) {
  EXPECT_NE(ErrorOf(FunctionText("00:20.0 x", 64)).find("device 20.0 does not exist"), std::string::npos);
  EXPECT_NE(ErrorOf(FunctionText("00:1f.8 x", 64)).find("device 1f.8 does not exist"), std::string::npos);
}

TEST(Topology, AFileThatCannotBeReadIsOneLine) {
  EXPECT_EQ(std::string(Load("/nowhere/x.txt").status().message()),
            "/nowhere/x.txt: cannot be read: No such file or directory. Expected a file of lspci -xxx text");
  EXPECT_NE(std::string(Load("/").status().message()).find("/: no functions. Expected the layout of"),
            std::string::npos);
}

TEST(Topology, WhatIsLeftOutIsSaid) {
  const auto topology =
      Parse(FunctionText("10000:e1:00.0 VMD", 64) + FunctionText(kIsa, 64) + "00:1e.0 no bytes\n", "x");
  ASSERT_TRUE(topology.ok()) << topology.status();
  EXPECT_EQ(topology->functions.size(), 1u);
  EXPECT_EQ(topology->warnings, (std::vector<std::string>{"10000:e1:00.0: left out: its domain is above ffff",
                                                          "0000:00:1e.0: left out: no hex dump follows its line"}));
}

TEST(Topology, ABrokenCapabilityListIsAWarningThatNamesFunctionAndOffset) {
  const auto warning = [](size_t size, std::initializer_list<std::pair<unsigned, unsigned>> bytes) {
    const auto topology = Parse(FunctionText(kIsa, size, bytes), "x");
    EXPECT_TRUE(topology.ok()) << topology.status();
    return topology->warnings.empty() ? "none" : topology->warnings[0];
  };
  EXPECT_EQ(warning(256, {{0x06, 0x10}, {0x34, 0x50}, {0x50, 0x09}, {0x51, 0x00}}), "none");
  EXPECT_EQ(warning(256, {{0x06, 0x10}, {0x34, 0x50}, {0x50, 0x09}, {0x51, 0x50}}),
            "0000:00:1f.0: capability list broken at 0x50: it loops");
  EXPECT_EQ(warning(256, {{0x06, 0x10}, {0x34, 0x50}, {0x50, 0x09}, {0x51, 0x20}}),
            "0000:00:1f.0: capability list broken at 0x20: the pointer leads into the header");
  EXPECT_EQ(warning(64, {{0x06, 0x10}, {0x34, 0x50}}),
            "0000:00:1f.0: capability list broken at 0x50: the dump ends at 0x40");
  EXPECT_EQ(warning(256, {{0x06, 0x10}, {0x34, 0xf8}, {0xf8, 0x10}}),
            "0000:00:1f.0: capability list broken at 0xf8: capability 0x10 does not fit before 0x100");
  EXPECT_EQ(warning(256, {{0x06, 0x10}, {0x34, 0x50}, {0x50, 0xff}, {0x51, 0xff}}),
            "0000:00:1f.0: capability list broken at 0x50: all ones where a capability was expected");
  EXPECT_EQ(warning(4096, {{0x100, 0x01}, {0x102, 0x01}, {0x103, 0x10}}),
            "0000:00:1f.0: capability list broken at 0x100: it loops");
  EXPECT_EQ(warning(4096, {{0x100, 0x0b}, {0x102, 0x01}, {0x103, 0x08}}),
            "0000:00:1f.0: capability list broken at 0x80: the pointer leads into the standard space");
}

TEST(Topology, ADumpParsesToTheSame) {
  for (const char* name : {"pair", "vfio-nic", "legacy-pci"}) {
    const auto first = Load(Shipped(name));
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_TRUE(first->warnings.empty());
    const std::string text = Dump(*first);
    const auto second = Parse(text, "dump");
    ASSERT_TRUE(second.ok()) << second.status();
    EXPECT_EQ(Dump(*second), text);
    ASSERT_EQ(second->functions.size(), first->functions.size());
  }
}

TEST(Topology, UntrustedTitlesReachNoTerminal) {
  const auto topology = Parse(FunctionText("00:1f.0 \x1b[31mred\x9b", 64), "x");
  ASSERT_TRUE(topology.ok());
  EXPECT_EQ(topology->functions[0].title, "?[31mred?");
  EXPECT_EQ(ErrorOf("00:1f.0 x\n00: \x1b\x1b\n").find('\x1b'), std::string::npos);
}

// Mutations of a real text: bytes, lines, pieces. No input may crash, hang or give an error without its line; what is
// accepted survives being dumped and read again.
TEST(Topology, FuzzedTextNeverBreaksTheParser) {
  constexpr unsigned kSeed = 20191016;
  std::printf("seed %u\n", kSeed);
  std::mt19937 random(kSeed);
  std::string base;
  std::vector<std::string> functions;
  for (const char* name : {"pair", "legacy-pci"}) {
    const auto shipped = Load(Shipped(name));
    ASSERT_TRUE(shipped.ok()) << shipped.status();
    for (const FunctionImage& function : shipped->functions) {
      functions.push_back(Dump(Topology{.functions = {function}, .warnings = {}}));
    }
  }
  functions.push_back(
      FunctionText("02:00.0 long", 4096, {{0x06, 0x10}, {0x34, 0x40}, {0x40, 0x10}, {0x100, 1}, {0x102, 1}}));
  for (const std::string& function : functions) base += function;
  int accepted = 0, warned = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
    // One to three functions, or a piece that begins and ends anywhere.
    std::string text;
    if (below(4) != 0) {
      for (size_t n = 1 + below(3); n > 0; --n) text += functions[below(functions.size())];
    } else {
      text = base.substr(below(base.size()), below(3000));
    }
    const size_t mutations = below(6);
    for (size_t i = 0; i < mutations && !text.empty(); ++i) {
      const size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + below(60));
          break;
        case 2:
          text.insert(at, text.substr(below(text.size()), below(120)));
          break;
        case 3:
          text[at] = "0123456789abcdef: .\n\r\t"[below(22)];
          break;
        case 4:
          text.resize(at);
          break;
      }
    }
    const auto topology = Parse(text, "fuzz");
    if (!topology.ok()) {
      const std::string message(topology.status().message());
      ASSERT_EQ(message.rfind("fuzz:", 0), 0u) << message;
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
  // The fuzzer reaches both sides of the parser.
  EXPECT_GT(accepted, 100);
  EXPECT_LT(accepted, 20000);
  std::printf("accepted %d, with warnings %d\n", accepted, warned);
}

// Random bytes in valid text: the capability walks end, and stay inside.
TEST(Topology, FuzzedCapabilitiesNeverLeaveTheSpace) {
  constexpr unsigned kSeed = 79827;
  std::printf("seed %u\n", kSeed);
  std::mt19937 random(kSeed);
  size_t found = 0, broken = 0;
  for (int round = 0; round < 20000; ++round) {
    FunctionImage image;
    image.config.resize(std::array<size_t, 4>{64, 128, 256, 4096}[random() % 4]);
    // Sparse garbage, pointers made likely.
    for (int i = 0; i < 60; ++i) image.config[random() % image.config.size()] = static_cast<uint8_t>(random());
    image.config[0x06] |= 0x10;
    image.config[0x34] = static_cast<uint8_t>(0x40 + random() % 0xc0);
    if (image.config.size() == 4096) image.config[0x100] = static_cast<uint8_t>(random() | 1);
    std::string problem;
    for (const Capability& capability : Capabilities(image, &problem)) {
      ++found;
      ASSERT_LE(capability.offset + 4u, image.config.size());
      ASSERT_GE(capability.offset, capability.extended ? 0x100 : 0x40);
    }
    broken += !problem.empty();
  }
  EXPECT_GT(found, 10000u);
  EXPECT_GT(broken, 1000u);
}

}  // namespace
}  // namespace cfgtorture::topology
