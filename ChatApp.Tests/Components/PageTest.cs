using Bunit;
using ChatApp.Components.Sidebar;
using ChatApp.Conversations;
using ChatApp.Providers;
using ChatApp.Rendering;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Radzen;

namespace ChatApp.Tests.Components;

/// <summary>Components over a real session, a model that says what the test tells it to, and a clock that moves when it is told to.</summary>
public abstract class PageTest : BunitContext
{
    private protected FakeTime Time { get; } = new();

    private protected List<FakeChatClient> Models { get; } = [];

    protected PageTest()
    {
        var catalog = new FakeCatalog(() =>
        {
            Models.Add(new FakeChatClient());
            return Models[^1];
        });
        Services.AddSingleton<TimeProvider>(Time);
        Services.AddSingleton<IModelCatalog>(catalog);
        // A clock of its own, which stands still: passing the page's time must not run a model into its time-outs.
        Services.AddSingleton(new RunHost(catalog, Options.Create(new RunsOptions()), FakeMeters.Create(), new FakeTime(), NullLogger<RunHost>.Instance));
        Services.AddSingleton(new ConversationBook(Options.Create(new ConversationsOptions()), Time));
        Services.AddSingleton<ChatSession>();
        Services.AddSingleton(Options.Create(new RenderingOptions()));
        Services.AddRadzenComponents();
        // It lists what is stored; its parts have tests of their own.
        ComponentFactories.AddStub<ChatSidebar>();
        JSInterop.Mode = JSRuntimeMode.Loose;
        JSInterop.SetupModule().Mode = JSRuntimeMode.Loose;
    }

    protected ChatSession Session => Services.GetRequiredService<ChatSession>();

    protected ChatTurn LastTurn => Session.Snapshot.Turns[^1];

    /// <summary>Lets time pass until the page shows it.</summary>
    protected Task Shows(Func<bool> condition, string what) => Eventually.Holds(
        () =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(50));
            return condition();
        },
        what);
}
