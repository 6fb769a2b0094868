using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Definition = ModelContextProtocol.Protocol.Tool;

namespace ChatApp.Tools.Mcp;

/// <summary>A connection to a server, from its first word to its end. It offers the server nothing: no sampling, no questions to people, no roots.</summary>
internal sealed class McpSession : IAsyncDisposable
{
    // Notices of changes need to be asked for from this version of the protocol on.
    private const string SubscribingVersion = "2026-07-28";
    private const int MaxPages = 16;
    private const int MaxListed = 1024;

    private static readonly TimeSpan ListenPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(4);
    private static readonly Implementation Ourselves = new() { Name = "ChatApp", Version = typeof(McpSession).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0" };

    private readonly string _server;
    private readonly bool _isHttp;
    private readonly McpSecrets _secrets;
    private readonly ConcurrentDictionary<string, Progress> _progress = new(StringComparer.Ordinal);
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource<McpFailure> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _lost = new();
    private McpClient? _client;
    private long _calls;

    private McpSession(string server, bool isHttp, McpSecrets secrets) => (_server, _isHttp, _secrets) = (server, isHttp, secrets);

    /// <summary>Says why, once it has ended.</summary>
    public Task<McpFailure> Ended => _ended.Task;

    /// <summary>Holds one item after the server's tools have changed, however often they did.</summary>
    public ChannelReader<bool> Changes => _changes.Reader;

    private McpClient Client => _client ?? throw new InvalidOperationException("It is not open.");

    /// <summary>Says hello to a server.</summary>
    public static async Task<McpSession> OpenAsync(string server, IClientTransport transport, McpSecrets secrets, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var session = new McpSession(server, transport is HttpClientTransport, secrets);
        try
        {
            session._client = await McpClient.CreateAsync(
                transport,
                new McpClientOptions
                {
                    ClientInfo = Ourselves,
                    InitializationTimeout = patience,
                    // A server that knows only older versions may not answer to the newest one's greeting.
                    DiscoverProbeTimeout = TimeSpan.FromSeconds(Math.Min(5, patience.TotalSeconds / 3)),
                    TimeProvider = time,
                    Handlers = new McpClientHandlers
                    {
                        NotificationHandlers =
                        [
                            new(NotificationMethods.ToolListChangedNotification, (_, _) => session.OnChange()),
                            // What changed before it listened is seen now.
                            new(NotificationMethods.SubscriptionsAcknowledgedNotification, (_, _) => session.OnChange()),
                            new(NotificationMethods.ProgressNotification, (notification, _) => session.OnProgress(notification)),
                        ],
                    },
                },
                loggerFactory: null,
                cancellationToken);
            _ = session.WatchAsync(session._client);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives the connection up.</summary>
    public void Lose(McpFailure failure)
    {
        if (_ended.TrySetResult(failure))
        {
            _lost.Cancel();
        }
    }

    /// <summary>The server's tools.</summary>
    public async Task<IReadOnlyList<Definition>> ListAsync(CancellationToken cancellationToken)
    {
        var tools = new List<Definition>();
        if (Client.ServerCapabilities.Tools is null)
        {
            return tools;
        }

        string? cursor = null;
        for (var page = 0; page < MaxPages && tools.Count < MaxListed; page++)
        {
            var result = await Client.ListToolsAsync(new ListToolsRequestParams { Cursor = cursor }, cancellationToken);
            tools.AddRange(result.Tools);
            cursor = result.NextCursor;
            if (string.IsNullOrEmpty(cursor))
            {
                break;
            }
        }

        return _isHttp ? [.. tools.Where(Announce)] : tools;
    }

    /// <summary>Asks the server to tell of changes, until the connection ends.</summary>
    public async Task ListenAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        if (string.CompareOrdinal(Client.NegotiatedProtocolVersion, SubscribingVersion) < 0 || Client.ServerCapabilities.Tools?.ListChanged != true)
        {
            return;
        }

        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lost.Token);
        while (true)
        {
            try
            {
                await Client.SendRequestAsync(
                    new JsonRpcRequest
                    {
                        Method = RequestMethods.SubscriptionsListen,
                        Params = new JsonObject { ["notifications"] = new JsonObject { ["toolsListChanged"] = true } },
                    },
                    any.Token);

                // It tells of none.
                return;
            }
            catch (McpProtocolException)
            {
                return;
            }
            catch (Exception) when (!any.IsCancellationRequested)
            {
                // It broke off.
            }

            await Task.Delay(ListenPause, time, any.Token);
            await OnChange();
        }
    }

    /// <summary>Calls a tool.</summary>
    /// <exception cref="ToolException">It gave nothing; the message says why.</exception>
    public async Task<string> CallAsync(Definition tool, AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var id = $"call-{Interlocked.Increment(ref _calls).ToString(CultureInfo.InvariantCulture)}";
        if (ToolCall.Of(arguments) is { } call)
        {
            _progress[id] = new Progress(call, tool.Title ?? tool.Name);
        }

        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lost.Token);
        try
        {
            var request = new JsonRpcRequest { Id = new RequestId(id), Method = RequestMethods.ToolsCall, Params = Parameters(id, tool, arguments) };
            var response = await Client.SendRequestAsync(request, any.Token);
            return McpResult.Text(_server, response.Result);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            CancelAtServer(id);
            throw;
        }
        catch (Exception exception) when (exception is not ToolException)
        {
            throw await ExplainAsync(exception);
        }
        finally
        {
            _progress.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Lose(new McpFailure("was stopped"));
        if (_client is not null)
        {
            try
            {
                await _client.DisposeAsync().AsTask().WaitAsync(Goodbye);
            }
            catch (Exception)
            {
                // It does not take its leave; its transport is closed without it.
            }
        }
    }

    /// <summary>Why a connection did not come about, or ended.</summary>
    public static McpFailure FailureOf(Exception exception, McpSecrets secrets) => exception switch
    {
        McpFailure failure => new McpFailure(failure.Message, secrets.Hide(failure.Detail)),
        McpProtocolException error => new McpFailure("refused the connection", secrets.Hide(error.Message)),
        HttpRequestException { StatusCode: { } status } error => new McpFailure((int)status is >= 300 and < 400 ? $"answered with HTTP {(int)status}, a redirect, which is not followed. Correct Url" : $"answered with HTTP {(int)status}", secrets.Hide(error.Message)),
        HttpRequestException error => new McpFailure($"can't be reached ({error.HttpRequestError})"),
        TimeoutException or OperationCanceledException => new McpFailure("did not answer in time"),
        _ when exception.InnerException is McpFailure or HttpRequestException => FailureOf(exception.InnerException, secrets),
        IOException => new McpFailure("has ended the connection"),
        _ => new McpFailure("sent something that is not the protocol", exception.GetType().Name),
    };

    private async Task WatchAsync(McpClient client)
    {
        var details = await client.Completion;
        Lose(details.Exception is { } exception ? FailureOf(exception, _secrets) : new McpFailure("has ended the connection"));
    }

    // The headers that a tool's arguments are repeated in are known by its definition. One that is wrong can't be called.
    private bool Announce(Definition tool)
    {
        try
        {
            Client.AddKnownTools([tool]);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static JsonObject Parameters(string id, Definition tool, AIFunctionArguments arguments) => new()
    {
        ["name"] = tool.Name,
        ["arguments"] = new JsonObject(arguments.Select(argument => KeyValuePair.Create(argument.Key, JsonSerializer.SerializeToNode(argument.Value, AIJsonUtilities.DefaultOptions)))),
        ["_meta"] = new JsonObject { ["progressToken"] = id },
    };

    // The client's own word of it may be lost: what waits for the answer lets go of it first. Over HTTP, in newer versions, the end of the connection says it.
    private void CancelAtServer(string id)
    {
        if (_isHttp && string.CompareOrdinal(Client.NegotiatedProtocolVersion, SubscribingVersion) >= 0)
        {
            return;
        }

        _ = SendAsync();

        async Task SendAsync()
        {
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_lost.Token);
                patience.CancelAfter(Goodbye);
                await Client.SendMessageAsync(
                    new JsonRpcNotification { Method = NotificationMethods.CancelledNotification, Params = new JsonObject { ["requestId"] = id, ["reason"] = "Stopped." } },
                    patience.Token);
            }
            catch (Exception)
            {
                // Then it goes on for nothing.
            }
        }
    }

    private async Task<ToolException> ExplainAsync(Exception exception)
    {
        switch (exception)
        {
            case McpProtocolException error:
                return new ToolException($"The server {_server} refused the call: {_secrets.Hide(error.Message.Replace("Request failed (remote): ", "", StringComparison.Ordinal))}");
            case HttpRequestException { StatusCode: not null }:
                return new ToolException($"The server {_server} {FailureOf(exception, _secrets).Message}.");
            case McpException or InvalidOperationException or NotSupportedException or JsonException when !_ended.Task.IsCompleted:
                return new ToolException($"The server {_server} gave no answer that can be used here: it may have asked for something that ChatApp does not offer.");
            default:
                // The connection is gone, and whoever noticed first knows why.
                Lose(FailureOf(exception, _secrets));
                return new ToolException($"The server {_server} is not running: it {(await _ended.Task).Message}.");
        }
    }

    private ValueTask OnChange()
    {
        _changes.Writer.TryWrite(true);
        return ValueTask.CompletedTask;
    }

    private ValueTask OnProgress(JsonRpcNotification notification)
    {
        try
        {
            if (notification.Params.Deserialize<ProgressNotificationParams>(McpJsonUtilities.DefaultOptions) is { } said
                && said.ProgressToken.ToString() is { } token && _progress.TryGetValue(token, out var progress))
            {
                progress.Report(said.Progress);
            }
        }
        catch (JsonException)
        {
            // Nobody misses it.
        }

        return ValueTask.CompletedTask;
    }

    private sealed record Progress(ToolCall Call, string Title)
    {
        public void Report(ProgressNotificationValue value)
        {
            var percent = value.Total is > 0 ? value.Progress / value.Total.Value * 100.0 : default(double?);
            Call.Report(new ToolProgress(string.IsNullOrWhiteSpace(value.Message) ? Title : value.Message, percent is >= 0 and <= 100 ? Math.Round(percent.Value, 1) : null));
        }
    }
}
