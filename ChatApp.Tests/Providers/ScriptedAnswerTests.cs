using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

public sealed class ScriptedAnswerTests
{
    [Theory]
    [InlineData("tokens=0", 0)]
    [InlineData("tokens=1", 1)]
    [InlineData("tokens=561", 561)]
    [InlineData("tokens=561;md=1", 561)]
    [InlineData("", 500)]
    public async Task Answer_OfSomeTokens_HasExactlyThese(string model, int tokens)
    {
        var updates = await ScriptedPlay.AllAsync(model);

        Assert.Equal(tokens, updates.Tokens().Length);
        Assert.All(updates.Tokens(), token => Assert.InRange(token.Length, 1, 8));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        Assert.Equal(tokens, updates.Usage()?.OutputTokenCount);
        Assert.Equal(3, updates.Usage()?.InputTokenCount);
        Assert.All(updates, update => Assert.Single(update.Contents));
    }

    [Fact]
    public void Answer_OfTheSameSeed_BeginsTheSame() => Prop.ForAll(
        ArbMap.Default.ArbFor<int>(),
        ArbMap.Default.ArbFor<bool>(),
        Gen.Choose(0, 400).ToArbitrary(),
        (seed, markdown, tokens) =>
        {
            var kind = $"seed={seed};md={(markdown ? 1 : 0)}";
            var some = ScriptedPlay.AllAsync($"{kind};tokens={tokens}").GetAwaiter().GetResult().Tokens();
            var more = ScriptedPlay.AllAsync($"tokens={(tokens * 2) + 1};{kind}").GetAwaiter().GetResult().Tokens();
            return some.SequenceEqual(more.Take(tokens));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Answer_OfAnotherSeed_Differs() =>
        Assert.NotEqual((await ScriptedPlay.AllAsync("seed=1")).Text(), (await ScriptedPlay.AllAsync("seed=2")).Text());

    [Fact]
    public async Task Answer_FromOneClientTwice_IsTheSame()
    {
        using var client = ScriptedPlay.Client("ttft=0;rate=0;md=1");

        var first = await client.GetResponseAsync([ScriptedPlay.Hello]);
        var second = await client.GetResponseAsync([ScriptedPlay.Hello]);

        Assert.Equal(first.Text, second.Text);
        Assert.Equal(ChatFinishReason.Stop, second.FinishReason);
    }

    [Theory]
    [InlineData("# ")]
    [InlineData("\n## ")]
    [InlineData("\n- ")]
    [InlineData("\n    - ")]
    [InlineData("\n1. ")]
    [InlineData("\n| :--- |")]
    [InlineData("\n```csharp\n")]
    [InlineData("\n```python\n")]
    [InlineData("\n```diff\n")]
    [InlineData("\n> > ")]
    [InlineData("\n> [!")]
    [InlineData("\n- [x] ")]
    [InlineData("\n$$\n")]
    [InlineData("](https://")]
    [InlineData("**")]
    public async Task Markdown_OfSomeLength_HasEveryConstruct(string construct) =>
        Assert.Contains(construct, (await ScriptedPlay.AllAsync("md=1;tokens=6000")).Text(), StringComparison.Ordinal);

    [Theory]
    [InlineData("text=Hello, world!", "Hello, world!")]
    [InlineData("text=a;b = c@d;;e;seed=3", "a;b = c@d;;e")]
    [InlineData("seed=3;text= two  spaces\nand a line\r\n", " two  spaces\nand a line\r\n")]
    [InlineData("text=https://example.org/?a=1&b=2/x", "https://example.org/?a=1&b=2/x")]
    [InlineData("text=日本語のとても長い文章です 👩‍👩‍👧‍👦 é", "日本語のとても長い文章です 👩‍👩‍👧‍👦 é")]
    [InlineData("text=", "")]
    public async Task Text_OfAnyCharacters_IsSaidExactly(string model, string text)
    {
        var tokens = (await ScriptedPlay.AllAsync(model)).Tokens();

        Assert.Equal(text, string.Concat(tokens));
        Assert.All(tokens, token => Assert.True(!char.IsLowSurrogate(token[0]) && !char.IsHighSurrogate(token[^1])));
    }

    [Fact]
    public async Task Reasoning_OfSomeTokens_ComesFirstAndCounts()
    {
        var updates = await ScriptedPlay.AllAsync("reasoning=40;tokens=10");

        Assert.All(updates.Take(40), update => Assert.IsType<TextReasoningContent>(update.Contents[0]));
        Assert.All(updates.Skip(40).Take(10), update => Assert.IsType<TextContent>(update.Contents[0]));
        Assert.Equal(50, updates.Usage()?.OutputTokenCount);
        Assert.Equal(40, updates.Usage()?.ReasoningTokenCount);
        Assert.Equal(52 - 1, updates.Count);
    }

    [Theory]
    [InlineData(20, 20, "length")]
    [InlineData(50, 50, "stop")]
    [InlineData(51, 50, "stop")]
    public async Task Answer_WithALimit_IsCutThere(int limit, int expected, string finish)
    {
        var updates = await ScriptedPlay.AllAsync("tokens=50", new ChatOptions { MaxOutputTokens = limit });

        Assert.Equal(expected, updates.Tokens().Length);
        Assert.Equal(new ChatFinishReason(finish), updates[^1].FinishReason);
        Assert.Equal(expected, updates.Usage()?.OutputTokenCount);
    }
}
