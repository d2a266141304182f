// Goal: a file of the user's is whole, or as it was; what is no file is written to and stays what it is.
#include "harness/result/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture {
namespace {

namespace fs = std::filesystem;

class TextFile : public testing::Test {
 protected:
  TextFile() {
    std::string name = testing::TempDir() + "/cfgt_text_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~TextFile() override { fs::remove_all(folder_); }
  std::string In(const std::string& name) const { return folder_ + "/" + name; }
  std::string folder_;
};

TEST_F(TextFile, APipeIsWrittenToAndStaysOne) {
  ASSERT_EQ(mkfifo(In("pipe").c_str(), 0600), 0);
  EXPECT_TRUE(SaveDraft("a draft", In("pipe")).ok()) << "asks, and waits for no reader";
  EXPECT_TRUE(EmptyDraft("--junit", In("pipe")).ok());
  EXPECT_TRUE(CheckSave(In("pipe")).ok());
  EXPECT_TRUE(AppendText("", In("pipe")).ok());
  auto read = std::async(std::launch::async, [this] { return ReadText(In("pipe")); });
  EXPECT_TRUE(SaveText("once", In("pipe")).ok());
  EXPECT_EQ(read.get().value(), "once");
  EXPECT_TRUE(fs::is_fifo(In("pipe")));
}

// As /dev/full is: nodes of our own, for a defect here would cost the machine's.
TEST_F(TextFile, ADeviceIsWrittenToAndStaysOne) {
  if (mknod(In("full").c_str(), S_IFCHR | 0666, makedev(1, 7)) != 0) GTEST_SKIP() << "makes no nodes";
  const int fd = open(In("full").c_str(), O_WRONLY);
  if (fd < 0) GTEST_SKIP() << "a file system without devices";
  close(fd);
  EXPECT_TRUE(SaveDraft("a draft", In("full")).ok());
  EXPECT_TRUE(absl::IsUnavailable(SaveText("text", In("full")))) << "the system's failure, and not the user's";
  EXPECT_TRUE(absl::IsUnavailable(AppendText("text", In("full"))));
  EXPECT_TRUE(fs::is_character_file(In("full")));
}

TEST_F(TextFile, ALinkIsFollowedAlsoToWhatIsNotThereYet) {
  fs::create_directory(In("sub"));
  fs::create_symlink("sub/target", In("link"));
  ASSERT_TRUE(SaveText("one", In("link")).ok());
  ASSERT_TRUE(SaveText("two", In("link")).ok());
  EXPECT_TRUE(fs::is_symlink(In("link")));
  EXPECT_EQ(ReadText(In("sub/target")).value(), "two");
  fs::create_symlink("round", In("round"));
  EXPECT_TRUE(absl::IsInvalidArgument(SaveText("text", In("round"))));
}

TEST_F(TextFile, ModeIsKept) {
  ASSERT_TRUE(SaveText("one", In("file")).ok());
  ASSERT_EQ(chmod(In("file").c_str(), 0640), 0);
  ASSERT_TRUE(SaveText("two", In("file")).ok());
  EXPECT_EQ(fs::status(In("file")).permissions(), fs::perms{0640});
}

TEST_F(TextFile, AFolderIsNoFile) {
  for (const absl::Status& status :
       {SaveText("text", folder_), SaveDraft("", folder_), CheckSave(folder_), AppendText("text", folder_)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("directory"));
  }
  EXPECT_THAT(std::string(ReadText(folder_).status().message()), testing::HasSubstr("is a folder"));
}

TEST_F(TextFile, ACheckLeavesAllAsItIs) {
  EXPECT_TRUE(CheckSave(In("file")).ok());
  EXPECT_TRUE(fs::is_empty(folder_));
  ASSERT_TRUE(SaveText("one", In("file")).ok());
  EXPECT_TRUE(CheckSave(In("file")).ok());
  EXPECT_EQ(ReadText(In("file")).value(), "one");
  EXPECT_TRUE(absl::IsInvalidArgument(Named("--baseline", CheckSave(In("no/such/file")))));
}

TEST_F(TextFile, AppendsBelowWhatIsThere) {
  ASSERT_TRUE(AppendText("", In("file")).ok());
  ASSERT_TRUE(AppendText("one\n", In("file")).ok());
  ASSERT_TRUE(AppendText("two\n", In("file")).ok());
  EXPECT_EQ(ReadText(In("file")).value(), "one\ntwo\n");
}

}  // namespace
}  // namespace cfgtorture
