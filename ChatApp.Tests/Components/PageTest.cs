using Bunit;
using ChatApp.Conversations;
using ChatApp.Rendering;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Radzen;

namespace ChatApp.Tests.Components;

/// <summary>Components over a real session and a database of their own, a model that says what the test tells it to, and a clock that moves when it is told to.</summary>
public abstract class PageTest : BunitContext, IAsyncLifetime
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
        // The models' clock is their own and stands still: passing the page's time must not run a model into its time-outs.
        Services.AddChat(catalog, Time, new FakeTime());
        // What is said is stored at once: not a wait that only the page's clock would end.
        Services.RemoveAll<IValidateOptions<StorageOptions>>();
        Services.AddSingleton<ChatSession>();
        Services.AddSingleton<ConversationList>();
        Services.AddSingleton(Options.Create(new RenderingOptions()));
        Services.AddRadzenComponents();
        JSInterop.Mode = JSRuntimeMode.Loose;
        JSInterop.SetupModule().Mode = JSRuntimeMode.Loose;
    }

    public async ValueTask InitializeAsync() => await Services.StartChatAsync();

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
