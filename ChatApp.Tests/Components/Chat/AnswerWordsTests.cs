using ChatApp.Components.Chat;
using ChatApp.Runs;

namespace ChatApp.Tests.Components.Chat;

public sealed class AnswerWordsTests
{
    [Fact]
    public void Figures_OfAWholeAnswer_AreOneShortLine() => Assert.Equal(
        "182 ms · 84 tok/s · 1,561 tokens",
        AnswerWords.Figures(new RunMetrics { TtftMs = 182.4, TokensPerSecond = 84.2, Tokens = 1561 }));

    [Fact]
    public void Figures_OfASingleToken_LeaveOutTheRate() =>
        Assert.Equal("2.5 s · 1 token", AnswerWords.Figures(new RunMetrics { TtftMs = 2480, Tokens = 1 }));

    [Theory]
    [InlineData(0.4, "0 ms")]
    [InlineData(999.4, "999 ms")]
    [InlineData(999.9, "1.0 s")]
    [InlineData(59_940, "59.9 s")]
    [InlineData(59_999, "1 min 0 s")]
    [InlineData(150_400, "2 min 30 s")]
    [InlineData(179_900, "3 min 0 s")]
    public void Duration_OfAnyLength_ReadsWell(double ms, string words) => Assert.Equal(words, AnswerWords.Duration(ms));

    [Theory]
    [InlineData("openai/gpt-5-mini", "gpt-5-mini")]
    [InlineData("openrouter/meta/llama", "meta/llama")]
    [InlineData("bare", "bare")]
    public void ModelName_OfAnId_LeavesOutTheProvider(string id, string name) => Assert.Equal(name, AnswerWords.ModelName(id));
}
