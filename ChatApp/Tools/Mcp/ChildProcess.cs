using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ChatApp.Tools.Mcp;

/// <summary>A server's program, with all that it started itself.</summary>
/// <param name="process">The program, started.</param>
/// <param name="leads">Whether it leads a group of processes, which is ended as one.</param>
/// <param name="guard">Ends the group if we can't; null for none. Told by a line that there is nothing left to end.</param>
internal sealed class ChildProcess(Process process, bool leads, Process? guard) : IAsyncDisposable
{
    private const int SigKill = 9;

    // Long enough to say goodbye, short enough that nobody waits for it.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Task<int> _end = WaitAsync(process);

    public int Id { get; } = process.Id;

    public Stream Input { get; } = process.StandardInput.BaseStream;

    public Stream Output { get; } = process.StandardOutput.BaseStream;

    public Stream Errors { get; } = process.StandardError.BaseStream;

    /// <summary>Gives its exit code when it has ended.</summary>
    public Task<int> End => _end;

    /// <summary>Its exit code, waited for a moment; null where it still runs.</summary>
    public async Task<int?> TryWaitAsync()
    {
        try
        {
            return await _end.WaitAsync(Grace);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Ends it, and what it has started: a moment after its input has ended, by force.</summary>
    public async ValueTask DisposeAsync()
    {
        await TryWaitAsync();
        Kill();
        Dismiss();
        if (await TryWaitAsync() is not null)
        {
            process.Dispose();
        }
    }

    private static async Task<int> WaitAsync(Process process)
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException or NotSupportedException)
        {
            // It has ended by itself.
        }

        if (leads)
        {
            // Those whose parent is gone are found by their group alone.
            _ = KillProcess(-Id, SigKill);
        }
    }

    private void Dismiss()
    {
        try
        {
            guard?.StandardInput.BaseStream.Write("ended\n"u8);
        }
        catch (IOException)
        {
            // Somebody has ended it.
        }

        guard?.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int KillProcess(int pid, int signal);
}
