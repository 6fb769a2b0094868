using System.Text;
using Npgsql;

namespace ChatApp.Storage;

/// <summary>
/// Tells the other nodes what changed, and hears what they tell. A <c>NOTIFY</c> holds up every other commit for a moment, and reaches who listens
/// just then: so there are few, and nothing depends on one.
/// </summary>
internal sealed partial class PostgresNotices : IAsyncDisposable
{
    private const string Channel = "chatapp";

    // PostgreSQL takes less than 8000 bytes.
    private const int MostBytes = 7900;

    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly PostgresDialect _dialect;
    private readonly StoreNotices _notices;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _sender = Guid.NewGuid().ToString("N");
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly TaskCompletionSource _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _sending;
    private readonly Task _listening;
    private HashSet<StoreNotice> _waiting = [];

    public PostgresNotices(PostgresDialect dialect, StoreNotices notices, TimeProvider time, ILogger logger)
    {
        _dialect = dialect;
        _notices = notices;
        _time = time;
        _logger = logger;
        notices.Others = Add;
        _sending = Task.Run(SendAllAsync);
        _listening = Task.Run(ListenAsync);
    }

    /// <summary>Ends when the others are heard for the first time.</summary>
    public Task Listens => _listens.Task;

    public async ValueTask DisposeAsync()
    {
        _notices.Others = null;
        await _end.CancelAsync();
        _signal.Release();
        await Task.WhenAll(_sending, _listening);
        _end.Dispose();
        _signal.Dispose();
    }

    /// <summary>Several notices as texts of the length that is allowed: the sender, and a letter and an id in each line.</summary>
    internal static List<string> Write(string sender, IReadOnlyCollection<StoreNotice> notices)
    {
        var texts = new List<string>();
        var text = new StringBuilder(sender);
        foreach (var notice in notices)
        {
            var line = $"\n{Letter(notice.Kind)}{Uri.EscapeDataString(notice.Id)}";
            if (text.Length + line.Length > MostBytes)
            {
                texts.Add(text.ToString());
                text.Clear().Append(sender);
            }

            text.Append(line);
        }

        texts.Add(text.ToString());
        return texts;
    }

    /// <summary>The notices of such a text, unless one's own; whatever is none is passed over.</summary>
    internal static IEnumerable<StoreNotice> Read(string text, string self)
    {
        var lines = text.Split('\n');
        if (lines[0].Equals(self, StringComparison.Ordinal))
        {
            yield break;
        }

        foreach (var line in lines.Skip(1).Where(line => line.Length > 0))
        {
            if (Enum.GetValues<StoreNoticeKind>().Where(kind => Letter(kind) == line[0]).Cast<StoreNoticeKind?>().FirstOrDefault() is { } kind)
            {
                yield return new StoreNotice(kind, Uri.UnescapeDataString(line[1..]));
            }
        }
    }

    // R, S, C, L, E
    private static char Letter(StoreNoticeKind kind) => kind.ToString()[0];

    private void Add(StoreNotice notice)
    {
        lock (_signal)
        {
            _waiting.Add(notice);
            if (_waiting.Count > 1 || _end.IsCancellationRequested)
            {
                return;
            }

            _signal.Release();
        }
    }

    private async Task SendAllAsync()
    {
        var failed = false;
        while (true)
        {
            await _signal.WaitAsync();
            HashSet<StoreNotice> notices;
            lock (_signal)
            {
                (notices, _waiting) = (_waiting, []);
            }

            try
            {
                if (notices.Count > 0)
                {
                    await using var connection = await _dialect.Source.OpenConnectionAsync();
                    await using var command = connection.CreateCommand();
                    command.CommandText = "SELECT pg_notify(@channel, payload) FROM unnest(@payloads) AS payload";
                    command.Parameters.Add(new NpgsqlParameter<string>("channel", Channel));
                    command.Parameters.Add(new NpgsqlParameter<string[]>("payloads", [.. Write(_sender, notices)]));
                    await command.ExecuteNonQueryAsync();
                    failed = false;
                }

                await Task.Delay(Gather, _time, _end.Token);
            }
            catch (OperationCanceledException)
            {
                // What waits now is still sent.
            }
            catch (Exception exception)
            {
                // What is lost is made good once one comes through: the others then look at everything they show.
                _dialect.ForgetConnections();
                Add(new StoreNotice(StoreNoticeKind.Everything, ""));
                if (!failed)
                {
                    failed = true;
                    Log.NotSent(_logger, exception.Message);
                }

                await PauseAsync();
            }

            lock (_signal)
            {
                if (_end.IsCancellationRequested && (failed || _waiting.Count == 0))
                {
                    return;
                }
            }
        }
    }

    private async Task ListenAsync()
    {
        // Of its own, since nothing else may be asked on it.
        var settings = new NpgsqlConnectionStringBuilder(_dialect.Connection) { Pooling = false, KeepAlive = 10, ApplicationName = "ChatApp listener" };
        var pause = FirstPause;
        var failed = false;
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(settings.ToString());
                connection.Notification += (_, heard) => Hear(heard.Payload);
                await connection.OpenAsync(_end.Token);
                await using (var command = connection.CreateCommand())
                {
                    command.CommandText = $"LISTEN {Channel}";
                    await command.ExecuteNonQueryAsync(_end.Token);
                }

                if (failed)
                {
                    Log.HearsAgain(_logger);
                }

                (pause, failed) = (FirstPause, false);
                _notices.Tell(new StoreNotice(StoreNoticeKind.Everything, ""));
                _listens.TrySetResult();
                while (true)
                {
                    await connection.WaitAsync(_end.Token);
                }
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if (!failed)
                {
                    failed = true;
                    Log.NotHeard(_logger, exception.Message);
                }
            }

            try
            {
                await Task.Delay(pause, _time, _end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task PauseAsync() => await Task.Delay(LongestPause / 5, _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void Hear(string payload)
    {
        foreach (var notice in Read(payload, _sender))
        {
            _notices.Tell(notice);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Other nodes could not be told of changes, and see them up to a second later: {Reason}")]
        public static partial void NotSent(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Warning, "Other nodes' changes can't be heard, and are seen up to a second later: {Reason}")]
        public static partial void NotHeard(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "Other nodes' changes are heard again.")]
        public static partial void HearsAgain(ILogger logger);
    }
}
