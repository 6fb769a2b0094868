using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ChatApp.Tools.Mcp;

/// <summary>
/// Starts servers' programs so that they end with this process, also where it is killed: the kernel ends a child when the thread that started it is gone,
/// so one thread starts them all and lives as long as they do. What they have started themselves is ended by a guard of each, which waits for our end.
/// </summary>
internal sealed class ChildStarter : IDisposable
{
    // What a program needs to find its files and to write in the right language, and nothing that could be a secret.
    private static readonly string[] Passed = OperatingSystem.IsWindows()
        ? ["PATH", "PATHEXT", "SystemRoot", "SystemDrive", "windir", "COMSPEC", "TEMP", "TMP", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "ProgramFiles", "ProgramData"]
        : ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];

    private readonly BlockingCollection<Action> _work = [];
    private readonly Lazy<Thread> _thread;
    private Wrapper? _wrapper;

    public ChildStarter() => _thread = new(() =>
    {
        var thread = new Thread(Work) { IsBackground = true, Name = "MCP servers" };
        thread.Start();
        return thread;
    });

    /// <summary>Starts a server's program.</summary>
    /// <exception cref="McpFailure">It can't be started.</exception>
    public Task<ChildProcess> StartAsync(McpServerOptions options)
    {
        var started = new TaskCompletionSource<ChildProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = _thread.Value;
        _work.Add(() =>
        {
            try
            {
                started.SetResult(Start(options));
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        });
        return started.Task;
    }

    // After the last child has ended: those that are left end with the thread.
    public void Dispose()
    {
        _work.CompleteAdding();
    }

    private void Work()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }

        _work.Dispose();
    }

    private ChildProcess Start(McpServerOptions options)
    {
        _wrapper ??= Wrapper.Find();
        var directory = Path.GetFullPath(options.WorkingDirectory ?? AppContext.BaseDirectory);
        var start = new ProcessStartInfo
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var name in Passed)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                start.Environment[name] = value;
            }
        }

        foreach (var (name, value) in options.Env)
        {
            start.Environment[name] = value;
        }

        var program = Find(options.Command!, directory, start.Environment.TryGetValue("PATH", out var path) ? path : null)
            ?? throw new McpFailure("could not be started: there is no such program. Install it, or correct Command");
        string[] line = [.. _wrapper.Prefix, program, .. options.Args];
        start.FileName = line[0];
        foreach (var argument in line.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            var process = Process.Start(start) ?? throw new McpFailure("could not be started");
            return new ChildProcess(process, _wrapper.Leads, _wrapper.Leads ? Guard(process.Id) : null);
        }
        catch (Win32Exception exception)
        {
            throw new McpFailure($"could not be started: {new Win32Exception(exception.NativeErrorCode).Message}");
        }
    }

    // Reads a line, which it gets once the group has ended, or the end of its input, which comes with our own: then it ends the group.
    private Process? Guard(int group)
    {
        if (Find("sh", "/", Environment.GetEnvironmentVariable("PATH")) is not { } shell)
        {
            return null;
        }

        var start = new ProcessStartInfo(_wrapper!.Prefix[0], [shell, "-c", "exec >/dev/null 2>&1; read -r ended || kill -s KILL -- \"-$1\"", "MCP guard", group.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = "/",
            UseShellExecute = false,
            RedirectStandardInput = true,
        };
        start.Environment.Clear();
        return Process.Start(start);
    }

    /// <summary>The program of that name: as a path, from the directory it is started in; otherwise the first of that name on the path.</summary>
    private static string? Find(string command, string directory, string? path)
    {
        if (command.Contains('/', StringComparison.Ordinal) || command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            var file = Path.GetFullPath(command, directory);
            return File.Exists(file) ? file : null;
        }

        string[] endings = OperatingSystem.IsWindows() ? ["", ".exe", ".cmd", ".bat"] : [""];
        return (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(part => endings.Select(ending => Path.Combine(part, command + ending)))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>What stands before the program on Linux: <c>setsid</c> makes it lead a group, and spares it the terminal's Ctrl+C; <c>setpriv</c> asks the kernel to end it with us.</summary>
    private sealed record Wrapper(string[] Prefix, bool Leads)
    {
        public static Wrapper Find()
        {
            if (!OperatingSystem.IsLinux())
            {
                return new Wrapper([], Leads: false);
            }

            string[] group = At("setsid") is { } setsid ? [setsid] : [];
            string[] death = At("setpriv") is { } setpriv ? [setpriv, "--pdeathsig", "KILL", "--"] : [];
            // Some systems have smaller programs of the same names.
            return Works([.. group, .. death]) ? new Wrapper([.. group, .. death], group.Length > 0)
                : Works(group) ? new Wrapper(group, group.Length > 0)
                : new Wrapper([], Leads: false);
        }

        private static string? At(string name) => ChildStarter.Find(name, "/", Environment.GetEnvironmentVariable("PATH"));

        private static bool Works(string[] prefix)
        {
            if (prefix.Length == 0 || At("true") is not { } nothing)
            {
                return false;
            }

            try
            {
                using var process = Process.Start(new ProcessStartInfo(prefix[0], [.. prefix.Skip(1), nothing]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true });
                return process is not null && process.WaitForExit(2000) && process.ExitCode == 0;
            }
            catch (Win32Exception)
            {
                return false;
            }
        }
    }
}
