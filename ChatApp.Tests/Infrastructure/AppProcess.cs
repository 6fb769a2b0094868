using System.Diagnostics;

namespace ChatApp.Tests.Infrastructure;

/// <summary>The app as a process of its own, as people run it, on a free port.</summary>
internal sealed class AppProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TemporaryDirectory? _storage;
    private readonly List<string> _output = [];

    private AppProcess(Process process, TemporaryDirectory? storage)
    {
        _process = process;
        _storage = storage;
    }

    public Uri Url { get; private set; } = new("http://127.0.0.1");

    /// <summary>The program.</summary>
    public static string Dll => Path.Combine(Repository.Root, "ChatApp", "bin", Configuration(), "net10.0", "ChatApp.dll");

    /// <summary>What it wrote, to both outputs.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <summary>Starts the app and waits until it listens, or has ended by itself.</summary>
    public static Task<AppProcess> StartAsync(params string[] args) => StartAsync(storage: null, args);

    /// <summary>The same on data that outlive the process.</summary>
    public static async Task<AppProcess> StartAsync(TemporaryDirectory? storage, params string[] args)
    {
        var own = storage is null ? new TemporaryDirectory() : null;
        // From a directory that is not the app's: settings and assets must be found all the same.
        var start = new ProcessStartInfo("dotnet", [Dll, "--urls=http://127.0.0.1:0", $"--ChatApp:Storage:Path={(storage ?? own!).Path}", .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetTempPath(),
        };
        var app = new AppProcess(new Process { StartInfo = start }, own);
        var listening = new TaskCompletionSource<Uri?>(TaskCreationOptions.RunContinuationsAsynchronously);
        app._process.OutputDataReceived += (_, line) => app.Take(line.Data, listening);
        app._process.ErrorDataReceived += (_, line) => app.Take(line.Data, listening);
        app._process.EnableRaisingEvents = true;
        app._process.Exited += (_, _) => listening.TrySetResult(null);
        app._process.Start();
        app._process.BeginOutputReadLine();
        app._process.BeginErrorReadLine();
        app.Url = await listening.Task.WaitAsync(Eventually.Limit * 2) ?? app.Url;
        return app;
    }

    /// <summary>Asks it to end, as a supervisor does.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>Sends it a signal.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends it as a crash does: at once, wherever it is.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits for its end and gives its exit code.</summary>
    public async Task<int> ExitCodeAsync()
    {
        using var limit = new CancellationTokenSource(Eventually.Limit * 2);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _storage?.Dispose();
    }

    // The app is built with the tests, so in the same configuration: …/ChatApp.Tests/bin/Debug/net10.0/
    private static string Configuration() => Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;

    private void Take(string? line, TaskCompletionSource<Uri?> listening)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Add(line);
        }

        //       Now listening on: http://127.0.0.1:43211
        const string Mark = "Now listening on: ";
        if (line.IndexOf(Mark, StringComparison.Ordinal) is var at and >= 0)
        {
            listening.TrySetResult(new Uri(line[(at + Mark.Length)..].Trim()));
        }
    }
}
