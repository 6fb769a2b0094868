using ChatApp.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatApp.Tests.Storage;

/// <summary>The storage of the app by itself, over a database of the test's own.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly IHostedLifecycleService _start;

    private TestStore(ServiceProvider services)
    {
        _services = services;
        _start = services.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Single();
    }

    public static DateTimeOffset Noon { get; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public RunStore Runs => _services.GetRequiredService<RunStore>();

    public ConversationStore Conversations => _services.GetRequiredService<ConversationStore>();

    public NodeStore Nodes => _services.GetRequiredService<NodeStore>();

    public StoreNotices Notices => _services.GetRequiredService<StoreNotices>();

    public KeyStore Keys => _services.GetRequiredService<KeyStore>();

    public Database Database => _services.GetRequiredService<Database>();

    /// <summary>Ends when this one hears what other nodes tell.</summary>
    public Task OthersListen => ((StorageStart)_start).Others!.Listens;

    /// <summary>Opens it. What it throws is why it can't start.</summary>
    public static async Task<TestStore> OpenAsync(params (string Key, string Value)[] settings)
    {
        var store = Build(settings);
        try
        {
            await store._start.StartingAsync(default);
            return store;
        }
        catch
        {
            await store._services.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes it as an orderly stop does.</summary>
    public async ValueTask DisposeAsync()
    {
        await _start.StoppedAsync(default);
        await _services.DisposeAsync();
    }

    public static ConversationRow Conversation(string id, string owner = "", string title = "", int minute = 0) => new()
    {
        Id = id,
        Owner = owner,
        Title = title,
        Created = Noon.AddMinutes(minute),
        Updated = Noon.AddMinutes(minute),
    };

    public static MessageRow Message(string id, string? parent = null, string role = MessageRow.User, string text = "") => new()
    {
        Id = id,
        ParentId = parent,
        Role = role,
        Text = text,
        Created = Noon,
    };

    /// <summary>A question NAME-q and its answer NAME-a, made by the run NAME-r.</summary>
    public NewTurn Turn(string conversation, string name, string? parent = null, string question = "", string? key = null, string owner = "", string title = "") => new()
    {
        Conversation = Conversation(conversation, owner, title),
        MayCreate = true,
        ExpectedLeafId = parent,
        Question = Message($"{name}-q", parent, text: question),
        Answer = Message($"{name}-a", $"{name}-q", MessageRow.Assistant),
        Run = new RunRow
        {
            Id = $"{name}-r",
            ConversationId = conversation,
            MessageId = $"{name}-a",
            Owner = owner,
            Model = "guide/guide",
            State = "running",
            Node = Nodes.Id,
            Created = Noon,
            IdempotencyKey = key,
            Fingerprint = key is null ? null : "same",
        },
    };

    /// <summary>The last events of a run.</summary>
    public static RunBatch Ended(string run, long last, string text = "", string state = "completed", string reasoning = "", int minute = 1) => new(run, last, last, [9])
    {
        End = new RunEnd { State = state, Ended = Noon.AddMinutes(minute), Text = text, Reasoning = reasoning, Ending = "{}", Whole = [1, 2, 3] },
    };

    private static TestStore Build((string Key, string Value)[] settings)
    {
        Durations.Register();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.ClearProviders());
        services.AddSingleton<Microsoft.Extensions.Configuration.IConfiguration>(Settings(settings));
        services.AddSingleton(TimeProvider.System);
        services.AddStorage();
        return new TestStore(services.BuildServiceProvider());
    }

    private static Microsoft.Extensions.Configuration.IConfigurationRoot Settings((string Key, string Value)[] settings)
    {
        var builder = new Microsoft.Extensions.Configuration.ConfigurationBuilder();
        Microsoft.Extensions.Configuration.MemoryConfigurationBuilderExtensions.AddInMemoryCollection(
            builder, settings.Select(setting => KeyValuePair.Create($"{StorageOptions.Section}:{setting.Key}", (string?)setting.Value)));
        return builder.Build() as Microsoft.Extensions.Configuration.IConfigurationRoot;
    }
}
