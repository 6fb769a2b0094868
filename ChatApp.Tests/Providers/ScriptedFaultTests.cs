using ChatApp.Providers;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

public sealed class ScriptedFaultTests
{
    [Theory]
    [InlineData("error=500@100", 100, ProviderFault.Error, 500)]
    [InlineData("error=529@0;reasoning=5", 0, ProviderFault.Error, 529)]
    [InlineData("error=500@20;tokens=20", 20, ProviderFault.Error, 500)]
    [InlineData("malformed@50", 50, ProviderFault.Protocol, null)]
    [InlineData("status=500", 0, ProviderFault.Error, 500)]
    [InlineData("status=429", 0, ProviderFault.RateLimited, 429)]
    public async Task Fault_AfterSomeTokens_ThrowsThere(string model, int after, ProviderFault fault, int? status)
    {
        var updates = new List<ChatResponseUpdate>();

        var thrown = await Assert.ThrowsAsync<ProviderException>(() => ScriptedPlay.DrainAsync(model, updates));

        Assert.Equal(after, updates.Tokens().Length);
        Assert.Equal(fault, thrown.Fault);
        Assert.Equal(status, thrown.Status);
        Assert.Null(thrown.RetryAfter);
        Assert.Null(updates.Usage());
    }

    [Fact]
    public async Task Status_WithRetryAfter_CarriesIt()
    {
        var thrown = await Assert.ThrowsAsync<ProviderException>(() => ScriptedPlay.AllAsync("status=429;retryAfter=2"));

        Assert.Equal(TimeSpan.FromSeconds(2), thrown.RetryAfter);
        Assert.Contains("429", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Close_AfterSomeTokens_EndsWithoutAMarker()
    {
        var updates = await ScriptedPlay.AllAsync("close@300");

        Assert.Equal(300, updates.Count);
        Assert.All(updates, update => Assert.Null(update.FinishReason));
        Assert.Null(updates.Usage());
    }

    [Fact]
    public async Task Fault_PastTheLastToken_NeverHappens() =>
        Assert.Equal(ChatFinishReason.Stop, (await ScriptedPlay.AllAsync("tokens=10;error=500@11"))[^1].FinishReason);

    [Theory]
    [InlineData("tokns=5", "'tokns=5'")]
    [InlineData("tokens=many", "'tokens=many'")]
    [InlineData("tokens=-1", "'tokens=-1'")]
    [InlineData("rate=NaN", "'rate=NaN'")]
    [InlineData("rate=1e9", "'rate=1e9'")]
    [InlineData("stall=3000", "'stall=3000'")]
    [InlineData("error=200@5", "'error=200@5'")]
    [InlineData("status=99", "'status=99'")]
    [InlineData("seed=1;seed=2", "'seed=2' a second time")]
    [InlineData("close=5", "'close=5'")]
    [InlineData("md=yes", "'md=yes'")]
    public void Script_WithAMistake_NamesItAndWhatIsUnderstood(string model, string named)
    {
        var thrown = Assert.Throws<UnknownModelException>(() => ScriptedPlay.Client(model));

        Assert.Contains(named, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("stall=MS@N", thrown.Message, StringComparison.Ordinal);
    }
}
