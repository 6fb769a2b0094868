using Bunit;
using ChatApp.Components.Panels;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Components.Panels;

public sealed class MetricsPanelTests : PageTest
{
    [Fact]
    public async Task Tokens_OfOneSecond_AreSentTwiceAtMost()
    {
        await Session.SendAsync("hi");
        var panel = Render<MetricsPanel>(p => p.Add(m => m.Run, LastTurn.Run));
        var renders = panel.RenderCount;
        for (var i = 0; i < 100; i++)
        {
            var length = LastTurn.Run!.TextLength;
            Models[0].Say("token ");
            await LastTurn.Run.Reaches(run => run.TextLength > length);
            Time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(panel.RenderCount - renders, 0, 3);
    }

    [Fact]
    public async Task Run_Ends_ShowsItsLastFigures()
    {
        await Session.SendAsync("hi");
        var panel = Render<MetricsPanel>(p => p.Add(m => m.Run, LastTurn.Run));
        Assert.StartsWith("waiting|", Figures(panel), StringComparison.Ordinal);
        Models[0].Say("one two");
        Models[0].Finish();
        await Shows(() => Figures(panel)!.StartsWith("completed|", StringComparison.Ordinal), "the end");
    }

    [Fact]
    public void Run_None_HasNoFigures() => Assert.Null(Figures(Render<MetricsPanel>(p => p.Add(m => m.Run, null))));

    private static string? Figures(IRenderedComponent<MetricsPanel> panel) => panel.Find("[data-testid=metrics-panel]").GetAttribute("data-figures");
}
