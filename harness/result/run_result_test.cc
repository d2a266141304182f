// Goal: a result file is whole or absent, agrees with the schema in the tree, and reads back as it was.
#include "harness/result/run_result.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/result/hazard.h"
#include "harness/result/rounds_for_test.h"
#include "harness/result/schema_check.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {
namespace {

RunResult Sample() {
  RunResult result;
  result.tool = {"0.1.0", "abc"};
  result.environment.started_utc = "2019-10-24T12:00:00Z";
  result.command = {"cfgtorture", "compare", "--out", "my dir"};
  CellResult cell;
  cell.spec.id = "model/s/p/x86/preempt";
  cell.spec.kind = "probe";
  cell.spec.program = "p";
  cell.status = "done";
  for (const HazardText& text : kHazards) {
    cell.hazards[std::string(text.name)] = {.hits = 1, .verdict = "found", .expected = "found", .agreement = "agrees"};
  }
  cell.findings.push_back({.id = "f1", .hazard = "crash", .fingerprint = Fingerprint({"x"}), .title = "t"});
  cell.findings[0].accesses.push_back({.what = "read", .context = "task", .stack = {{"m", 1, "f", "x.cc", 3}}});
  cell.findings[0].schedule.push_back({.number = 1, .context = "task", .task = "t", .text = "x"});
  cell.operations.push_back({.operation = "read", .count = 1, .histogram = {{20.5, 1}}});
  cell.locks.push_back({.name = "pci_lock", .type = "spinlock"});
  cell.locks[0].sites.push_back({.stack = {{"m", 1, "f", "x.cc", 3}}, .made_wait = 2});
  cell.irqs_off_max.push_back({.ns = 5, .task = "t", .context = "task", .stack = {{"m", 1, "f", "x.cc", 3}}});
  cell.metrics["m"] = 1.5;
  result.cells = {cell};
  result.catalogue.programs.push_back({.kind = "probe", .name = "p", .summary = "s", .hazards = {"crash"}});
  result.catalogue.strategies.push_back({.name = "s", .summary = "x"});
  result.claims = {
      {"C99", "w", "m", "s", "e", "it depends", "b", {{"a x", "t", {cell.spec.id}, "ct1"}}, {cell.spec.id}}};
  result.gate = {
      {"native", cell.spec.id, "read p50", "regressed", "10 ns", "12 ns", 0.2, 0.15, 0.25, 0.1, "why", "do"}};
  result.summary.cells["done"] = 1;
  result.summary.control = {"s", {"crash"}, {}};
  result.summary.disagreements.push_back({cell.spec.id, "crash", "found", "absent", "why"});
  return result;
}

std::string Folder() {
  std::string path = testing::TempDir() + "cfgt_result_XXXXXX";
  return mkdtemp(path.data());
}

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  DIR* dir = opendir(folder.c_str());
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  closedir(dir);
  return names;
}

TEST(RunResult, AgreesWithTheSchema) {
  EXPECT_EQ(SchemaViolations(Serialize(Sample())), "");
  EXPECT_EQ(SchemaViolations(Serialize(RunResult{})), "") << "an empty result, as a run begins with";
}

TEST(RunResult, SchemaRefusesWhatItShould) {
  RunResult result = Sample();
  result.cells[0].status = "perhaps";
  EXPECT_NE(SchemaViolations(Serialize(result)), "");
  result = Sample();
  result.cells[0].hazards["no-hazard"] = {.verdict = "clean"};
  EXPECT_NE(SchemaViolations(Serialize(result)), "");
  result = Sample();
  result.cells[0].findings[0].hazard = "";
  EXPECT_NE(SchemaViolations(Serialize(result)), "");
  result = Sample();
  result.cells[0].locks[0].type = "futex";
  EXPECT_NE(SchemaViolations(Serialize(result)), "");
  result = Sample();
  result.cells[0].locks[0].sites[0].stat.waittime_min_ns = -1;
  EXPECT_NE(SchemaViolations(Serialize(result)), "");
  Json extra = Sample();
  extra["surprise"] = 1;
  EXPECT_NE(SchemaViolations(extra.dump()), "");
}

TEST(RunResult, ReadsBackWhatItWrote) {
  const std::string path = Folder() + "/result.json";
  ASSERT_TRUE(Save(Sample(), path).ok());
  const absl::StatusOr<RunResult> loaded = Load(path);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(Serialize(*loaded), Serialize(Sample()));
}

TEST(RunResult, LeavesNoTemporaryFile) {
  const std::string folder = Folder();
  ASSERT_TRUE(Save(Sample(), folder + "/result.json").ok());
  ASSERT_TRUE(Save(Sample(), folder + "/result.json").ok());
  EXPECT_THAT(FilesIn(folder), testing::ElementsAre("result.json"));
}

TEST(RunResult, ReplacesWhatIsNotUtf8) {
  RunResult result = Sample();
  result.cells[0].findings[0].detail = "stderr: \xff\xfe";
  EXPECT_EQ(SchemaViolations(Serialize(result)), "");
}

TEST(RunResult, AnUnwritablePathIsOneLine) {
  const absl::Status status = Save(Sample(), "/nonexistent/result.json");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()),
              testing::StartsWith("/nonexistent/result.json: cannot be written: No such"));
}

TEST(RunResult, RefusesOtherFilesInOneLine) {
  for (const char* text : {"", "{", "[]", "{}", R"({"schema":"cfgtorture-result-9"})", R"({"schema":1})",
                           R"({"schema":"cfgtorture-result-1"})", R"({"schema":"cfgtorture-result-1","cells":"none"})",
                           R"({"schema":"cfgtorture-result-1","cells":[{"executions":-1.5e400}]})"}) {
    const absl::StatusOr<RunResult> result = Parse(text, "a.json");
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_THAT(std::string(result.status().message()), testing::StartsWith("a.json: "));
    EXPECT_EQ(result.status().message().find('\n'), absl::string_view::npos);
  }
  EXPECT_FALSE(Load("/nonexistent").ok());
}

// What is wrong with Sample() where `place` is `value`, or is not there if that is null.
std::string Refusal(const std::string& place, const Json& value) {
  Json file = Json::parse(Serialize(Sample()));
  const Json::json_pointer pointer(place);
  if (value.is_null()) {
    file[pointer.parent_pointer()].erase(pointer.back());
  } else {
    file[pointer] = value;
  }
  const absl::StatusOr<RunResult> result = Parse(file.dump(), "a.json");
  return result.ok() ? "" : std::string(result.status().message());
}

TEST(RunResult, SaysWhichMemberIsNotWhatItsPlaceTakes) {
  EXPECT_EQ(Refusal("/seed", "abc"), "a.json: /seed: expected a number, found the string \"abc\"");
  EXPECT_EQ(Refusal("/cells/0/findings/0/schedule", "x"),
            "a.json: /cells/0/findings/0/schedule: expected an array, found the string \"x\"");
  EXPECT_EQ(Refusal("/cells/0/findings/0/schedule/0/text", Json::array()),
            "a.json: /cells/0/findings/0/schedule/0/text: expected a string, found an array");
  EXPECT_EQ(Refusal("/cells/0/params/threads", "2"),
            "a.json: /cells/0/params/threads: expected a number, found the string \"2\"");
  EXPECT_EQ(Refusal("/cells/0/hazards/data~1race", 1),
            "a.json: /cells/0/hazards/data~1race: expected an object, found 1");
  EXPECT_EQ(Refusal("/cells/0/findings/0", Json::parse(R"({"schedule": [{"place": 9}], "places": []})")),
            "a.json: /cells/0/findings/0/schedule/0/place: expected the number of one of \"places\", found 9");
  EXPECT_EQ(Refusal("/summary/cells", Json{{"done", "all"}}),
            "a.json: /summary/cells/done: expected a number, found the string \"all\"");
}

TEST(RunResult, SaysWhichMemberIsNotThere) {
  EXPECT_EQ(Refusal("/tool", nullptr), "a.json: expected a member \"tool\", which is not there");
  EXPECT_EQ(Refusal("/environment/cpus", nullptr),
            "a.json: /environment: expected a member \"cpus\", which is not there");
  EXPECT_EQ(Refusal("/cells/0/id", nullptr), "a.json: /cells/0: expected a member \"id\", which is not there");
  EXPECT_EQ(Refusal("/catalogue", nullptr), "") << "a result of an older build may lack it";
}

TEST(RunResult, SurvivesDamagedFiles) {
  const std::string text = Serialize(Sample());
  uint64_t random = 1;  // the seed; xorshift
  for (int round = 0; round < Rounds(3000, 500); ++round) {
    std::string damaged = text;
    for (int i = 0; i < 3; ++i) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      damaged[random % damaged.size()] = "{}[]\",:0a-"[(random >> 32) % 10];
    }
    (void)Parse(damaged, "damaged").ok();  // either way, no crash and no exception
  }
}

TEST(RunResult, HoldsTheRunsOfAMergedOneAndNoneDeeper) {
  RunResult merged = Sample();
  merged.runs = {Sample(), RunResult{}};
  const std::string text = Serialize(merged);
  EXPECT_EQ(SchemaViolations(text), "");
  const absl::StatusOr<RunResult> read = Parse(text, "m.json");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(Serialize(*read), text);
  merged.runs[0].runs = {RunResult{}};
  EXPECT_NE(SchemaViolations(Serialize(merged)), "");
  EXPECT_FALSE(Parse(Serialize(merged), "m.json").ok());
  // A file may be deep; the stack is not.
  std::string head = Serialize(RunResult{}), deep;
  head.resize(head.rfind('}'));
  deep = head;
  for (int i = 0; i < 100'000; ++i) deep += (i == 0 ? ",\"runs\":[" : R"({"schema":"cfgtorture-result-1","runs":[)");
  EXPECT_FALSE(Parse(deep, "deep.json").ok());
  for (int i = 0; i < 100'000; ++i) deep += "]}";
  const absl::StatusOr<RunResult> refused = Parse(deep, "deep.json");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(std::string(refused.status().message()), testing::HasSubstr("not merged itself"));
}

// Every value of a file in turn is of another type, or out of its range: one line says so, or it reads as it is.
TEST(RunResult, SurvivesEveryValueOfAnotherType) {
  Json file = Json::parse(Serialize(Sample()));
  const Json flat = file.flatten();
  const Json strange[] = {
      nullptr, true, -1, 1e308, uint64_t{0} - 1, "x", Json::array(), Json::object(), Json::array({1, "a"})};
  size_t refused = 0, read = 0, turn = 0;
  for (const auto& [path, value] : flat.items()) {
    Json& place = file[Json::json_pointer(path)];
    const Json before = place;
    for (int i = 0; i < Rounds(3, 1); ++i) {  // of nine, in turn
      place = strange[turn++ % std::size(strange)];
      const absl::StatusOr<RunResult> result = Parse(file.dump(), "damaged.json");
      ++(result.ok() ? read : refused);
      if (result.ok()) continue;
      const std::string message(result.status().message());
      EXPECT_THAT(message, testing::StartsWith("damaged.json: ")) << path;
      EXPECT_EQ(message.find('\n'), std::string::npos) << path;
    }
    place = before;
  }
  EXPECT_GT(refused, read / 4);
  EXPECT_GT(read, 0u);
}

// Cut, doubled and swapped pieces, which are JSON more often than single bytes are.
TEST(RunResult, SurvivesCutAndSwappedPieces) {
  const std::string text = Serialize(Sample());
  const char* given = std::getenv("CFGT_DAMAGE_SEED");
  const uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  for (uint64_t seed = first; seed < first + (given != nullptr ? 1 : static_cast<uint64_t>(Rounds(1000, 250)));
       ++seed) {
    SCOPED_TRACE("repeat with CFGT_DAMAGE_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::string damaged = text;
    const size_t at = random() % damaged.size(), length = 1 + random() % 200, to = random() % damaged.size();
    switch (random() % 4) {
      case 0:
        damaged.erase(at, length);
        break;
      case 1:
        damaged.resize(at);
        break;
      case 2:
        damaged.insert(to, damaged.substr(at, length));
        break;
      default:
        for (size_t i = 0; i < 8; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    const absl::StatusOr<RunResult> result = Parse(damaged, "damaged.json");
    if (result.ok()) continue;
    const std::string message(result.status().message());
    ASSERT_THAT(message, testing::StartsWith("damaged.json: "));
    ASSERT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST(RunResult, CommandLineQuotesForAShell) {
  EXPECT_EQ(CommandLine({"cfgtorture", "--out", "my dir", "it's", ""}), "cfgtorture --out 'my dir' 'it'\\''s' ''");
}

}  // namespace
}  // namespace cfgtorture
