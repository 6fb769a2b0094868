using Microsoft.Extensions.Options;

namespace ChatApp.Storage;

internal sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        var problems = new List<string>();
        OneOf(nameof(options.Provider), options.Provider, StorageOptions.Sqlite, StorageOptions.Postgres);
        OneOf(nameof(options.Durability), options.Durability, "normal", "full");
        if (options.IsShared && PostgresDialect.ConnectionProblem(options.ConnectionString) is { } problem)
        {
            problems.Add($"{StorageOptions.Section}:{nameof(options.ConnectionString)} {problem}");
        }

        Check(nameof(options.CommitInterval), options.CommitInterval, zero: true);
        Check(nameof(options.BusyTimeout), options.BusyTimeout);
        Check(nameof(options.KeepEvents), options.KeepEvents);
        Check(nameof(options.Lease), options.Lease);
        Check(nameof(options.KeepDeleted), options.KeepDeleted);
        if (options.MaxUnsaved <= 0)
        {
            problems.Add($"{StorageOptions.Section}:{nameof(options.MaxUnsaved)} must be 1 or more.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void OneOf(string key, string value, string first, string second)
        {
            if (!value.Equals(first, StringComparison.OrdinalIgnoreCase) && !value.Equals(second, StringComparison.OrdinalIgnoreCase))
            {
                problems.Add($"{StorageOptions.Section}:{key} must be {first} or {second}.");
            }
        }

        void Check(string key, TimeSpan value, bool zero = false)
        {
            if (value == Durations.Invalid)
            {
                problems.Add(Durations.Problem($"{StorageOptions.Section}:{key}"));
            }
            else if (value < TimeSpan.Zero || (value == TimeSpan.Zero && !zero))
            {
                problems.Add($"{StorageOptions.Section}:{key} must be more than 0.");
            }
        }
    }
}
