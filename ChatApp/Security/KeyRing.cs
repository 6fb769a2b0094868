using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace ChatApp.Security;

/// <summary>
/// The keys that are valid now. It follows the settings while the app runs: a key that is taken out ends all that was opened with it, a new
/// one is valid at once. Settings that became invalid change nothing.
/// </summary>
public sealed partial class KeyRing : IDisposable
{
    private readonly IOptionsFactory<ApiKeysOptions> _options;
    private readonly ILogger<KeyRing> _logger;
    private readonly IDisposable _watching;
    private volatile Held[] _keys = [];

    public KeyRing(IConfiguration settings, IOptionsFactory<ApiKeysOptions> options, ILogger<KeyRing> logger)
    {
        (_options, _logger) = (options, logger);
        _keys = Take();
        IsRequired = _keys.Length > 0;
        // Not by IOptionsMonitor: that throws into the file watcher where nobody sees it, and then on every read.
        _watching = ChangeToken.OnChange(settings.GetReloadToken, Reload);
    }

    /// <summary>
    /// Whether a key is needed: decided at the start, with the addresses the app listens on. Taking out the last key while it runs closes the
    /// door for all; it never opens it.
    /// </summary>
    public bool IsRequired { get; }

    /// <summary>The holder of the key; null where it is none of ours.</summary>
    public Caller? Find(string key)
    {
        var hash = ApiKey.Hash(key);
        Caller? found = null;
        foreach (var held in _keys)
        {
            // Every key is looked at whole: how long it takes tells nothing.
            if (CryptographicOperations.FixedTimeEquals(hash, held.Hash))
            {
                found = held.Caller;
            }
        }

        return found;
    }

    /// <summary>The holder by the key's name and fingerprint, which a sign-in keeps; null where that key is gone.</summary>
    internal Caller? Find(string name, string fingerprint) => Array.Find(_keys, held => held.Caller.Name == name && held.Fingerprint == fingerprint)?.Caller;

    /// <summary>The holder of the key of that name; null where there is none, or no longer.</summary>
    public Caller? FindByName(string name) => Array.Find(_keys, held => held.Caller.Name == name)?.Caller;

    /// <summary>What a sign-in keeps of the caller's key beside its name: another key of that name has another.</summary>
    internal string? FingerprintOf(Caller caller) => Array.Find(_keys, held => held.Caller == caller)?.Fingerprint;

    public void Dispose() => _watching.Dispose();

    private void Reload()
    {
        try
        {
            var (before, now) = (_keys, Take());
            _keys = now;
            foreach (var gone in before.Except(now))
            {
                Log.Removed(_logger, gone.Caller.Name!);
                _ = gone.Removed.CancelAsync();
            }

            if (!IsRequired && now.Length > 0)
            {
                Log.NeedsRestart(_logger);
            }
        }
        catch (Exception exception) when (exception is OptionsValidationException or InvalidOperationException)
        {
            Log.Invalid(_logger, exception is OptionsValidationException invalid ? string.Join(' ', invalid.Failures) : $"{ApiKeysOptions.ListSection} can't be read.");
        }
    }

    private Held[] Take() => [.. _options.Create(Options.DefaultName).ApiKeys.Select(entry => (Name: entry.Name!, Hash: Convert.FromHexString(entry.Hash!))).Select(entry =>
        Array.Find(_keys, held => held.Caller.Name == entry.Name && held.Hash.AsSpan().SequenceEqual(entry.Hash)) ?? new Held(entry.Name, entry.Hash))];

    [SuppressMessage("Design", "CA1001", Justification = "The source holds nothing to free, and its token outlives the key.")]
    private sealed class Held
    {
        public Held(string name, byte[] hash)
        {
            Hash = hash;
            Fingerprint = Convert.ToHexString(hash.AsSpan(0, 8));
            Caller = new Caller(name, $"key:{name}") { Revoked = Removed.Token };
        }

        public byte[] Hash { get; }

        public string Fingerprint { get; }

        public Caller Caller { get; }

        public CancellationTokenSource Removed { get; } = new();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "The API key {Name} was taken out: what was opened with it ends")]
        public static partial void Removed(ILogger logger, string name);

        [LoggerMessage(Level = LogLevel.Warning, Message = "API keys were added. They are asked for once ChatApp is started again")]
        public static partial void NeedsRestart(ILogger logger);

        [LoggerMessage(Level = LogLevel.Error, Message = "The settings changed and are not valid; the API keys stay as they were. {Problems}")]
        public static partial void Invalid(ILogger logger, string problems);
    }
}
