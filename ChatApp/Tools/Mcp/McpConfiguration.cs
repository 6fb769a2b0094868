using System.Text.RegularExpressions;

namespace ChatApp.Tools.Mcp;

/// <summary>Reads <see cref="McpOptions"/>. By hand, as the binder stops at the first value of a wrong type and quotes it, and passes over misspelt names in silence.</summary>
internal static partial class McpConfiguration
{
    private static readonly string[] Known = [.. typeof(McpServerOptions).GetProperties().Select(property => property.Name)];

    internal static void Read(IConfiguration configuration, McpOptions options)
    {
        foreach (var entry in configuration.GetSection($"{McpOptions.Section}:{nameof(McpOptions.Servers)}").GetChildren())
        {
            options.Servers[entry.Key] = new Reader(entry, options.Problems).Read();
        }
    }

    private sealed class Reader(IConfigurationSection entry, List<string> problems)
    {
        private readonly McpServerOptions _options = new();

        public McpServerOptions Read()
        {
            foreach (var child in entry.GetChildren().Where(child => !Known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
            {
                problems.Add($"{child.Path} is no setting of an MCP server. Use one of: {string.Join(", ", Known)}.");
            }

            if (!Name().IsMatch(entry.Key))
            {
                problems.Add($"{entry.Path} has a name that its tools' names can't begin with. Use letters, digits and -, a letter first, at most 32 characters.");
            }

            ReadWhere();
            ReadTools();
            _options.Enabled = Flag(nameof(McpServerOptions.Enabled));
            _options.IsDefault = Flag(nameof(McpServerOptions.IsDefault));
            _options.StartTimeout = Duration(nameof(McpServerOptions.StartTimeout), _options.StartTimeout);
            _options.CallTimeout = Duration(nameof(McpServerOptions.CallTimeout), _options.CallTimeout);
            return _options;
        }

        private string Key(string name) => $"{entry.Path}:{name}";

        private IConfigurationSection Part(string name) => entry.GetSection(name);

        private void ReadWhere()
        {
            var (command, url) = (entry[nameof(McpServerOptions.Command)], entry[nameof(McpServerOptions.Url)]);
            if (string.IsNullOrWhiteSpace(command) == string.IsNullOrWhiteSpace(url))
            {
                problems.Add($"{entry.Path} needs either Command, a program to start, or Url, the address of a server that runs: {(string.IsNullOrWhiteSpace(url) ? "it has neither" : "it has both")}.");
            }

            if (!string.IsNullOrWhiteSpace(command))
            {
                ReadCommand(command);
                Refuse(nameof(McpServerOptions.Headers), "Url");
            }

            if (!string.IsNullOrWhiteSpace(url))
            {
                ReadUrl(url);
                Refuse(nameof(McpServerOptions.Args), "Command");
                Refuse(nameof(McpServerOptions.Env), "Command");
                Refuse(nameof(McpServerOptions.WorkingDirectory), "Command");
            }
        }

        private void Refuse(string name, string of)
        {
            if (Part(name) is var part && (part.GetChildren().Any() || !string.IsNullOrEmpty(part.Value)))
            {
                problems.Add($"{Key(name)} belongs to a server with {of}. Remove it.");
            }
        }

        private void ReadCommand(string command)
        {
            _options.Command = command;
            if (command.Any(char.IsWhiteSpace) && !File.Exists(command))
            {
                problems.Add($"{Key(nameof(McpServerOptions.Command))} has a space and is no file. Name the program alone, and put each argument into Args.");
            }

            var args = Part(nameof(McpServerOptions.Args));
            if (!string.IsNullOrEmpty(args.Value))
            {
                problems.Add($"{args.Path} must be a list, one argument each, such as [\"-y\", \"some-server\"].");
            }

            foreach (var arg in args.GetChildren())
            {
                _options.Args.Add(arg.Value ?? "");
            }

            foreach (var variable in Part(nameof(McpServerOptions.Env)).GetChildren())
            {
                if (variable.Value is null || variable.Key.Contains('=', StringComparison.Ordinal) || variable.Value.Contains('\0', StringComparison.Ordinal))
                {
                    problems.Add($"{variable.Path} is no environment variable. Write a name without = and a text.");
                    continue;
                }

                _options.Env[variable.Key] = variable.Value;
            }

            _options.WorkingDirectory = entry[nameof(McpServerOptions.WorkingDirectory)] is { Length: > 0 } directory ? directory : null;
            if (_options.WorkingDirectory is not null && !Directory.Exists(_options.WorkingDirectory))
            {
                problems.Add($"{Key(nameof(McpServerOptions.WorkingDirectory))} is no directory. Make it, or name another.");
            }
        }

        private void ReadUrl(string value)
        {
            if (UrlProblem(value, out var url) is { } problem)
            {
                problems.Add($"{Key(nameof(McpServerOptions.Url))} {problem}");
            }

            _options.Url = url;
            foreach (var header in Part(nameof(McpServerOptions.Headers)).GetChildren())
            {
                if (!Token().IsMatch(header.Key) || IsOurs(header.Key))
                {
                    problems.Add($"{header.Path} is no header that can be set. Remove it.");
                }
                else if (string.IsNullOrEmpty(header.Value) || header.Value.Any(c => c is < ' ' or > '~'))
                {
                    problems.Add($"{header.Path} is empty, or holds a line end or another character that no header has. Copy it again.");
                }
                else
                {
                    _options.Headers[header.Key] = header.Value;
                }
            }
        }

        // What the protocol and the connection say of themselves.
        private static bool IsOurs(string header) => header.StartsWith("mcp-", StringComparison.OrdinalIgnoreCase) || header.StartsWith("content-", StringComparison.OrdinalIgnoreCase)
            || header.ToUpperInvariant() is "HOST" or "ACCEPT" or "CONNECTION" or "TRANSFER-ENCODING" or "UPGRADE" or "LAST-EVENT-ID";

        private void ReadTools()
        {
            var tools = Part(nameof(McpServerOptions.Tools));

            // Environment variables hold one text: search,read.
            var named = tools.Value is { Length: > 0 } list
                ? list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                : [.. tools.GetChildren().Select(tool => tool.Value ?? "")];
            foreach (var tool in named)
            {
                _options.Tools.Add(tool);
            }

            if ((named.Length == 0 && tools.Value is not null) || Array.Exists(named, string.IsNullOrWhiteSpace))
            {
                problems.Add($"{tools.Path} names no tool. Name those to take, take the setting out for all, or set Enabled to false for none.");
            }

            _options.Approval = Approval(Part(nameof(McpServerOptions.Approval))) ?? _options.Approval;
            foreach (var tool in Part(nameof(McpServerOptions.ApprovalOf)).GetChildren())
            {
                _options.ApprovalOf[tool.Key] = Approval(tool) ?? ToolApproval.Always;
                if (_options.Tools.Count > 0 && !_options.Tools.Contains(tool.Key))
                {
                    problems.Add($"{tool.Path} is of a tool that is not taken. Add it to {tools.Path}, or remove it.");
                }
            }
        }

        private ToolApproval? Approval(IConfigurationSection setting)
        {
            if (string.IsNullOrEmpty(setting.Value))
            {
                return null;
            }

            if (Enum.GetNames<ToolApproval>().FirstOrDefault(name => name.Equals(setting.Value.Trim(), StringComparison.OrdinalIgnoreCase)) is { } known)
            {
                return Enum.Parse<ToolApproval>(known);
            }

            problems.Add($"{setting.Path} must be one of: never, once, always.");
            return ToolApproval.Always;
        }

        private bool Flag(string name)
        {
            var value = entry[name];
            if (string.IsNullOrEmpty(value))
            {
                return true;
            }

            if (!bool.TryParse(value, out var flag))
            {
                problems.Add($"{Key(name)} is neither true nor false. Write one of the two.");
            }

            return flag;
        }

        private TimeSpan Duration(string name, TimeSpan otherwise)
        {
            var value = entry[name];
            if (string.IsNullOrEmpty(value))
            {
                return otherwise;
            }

            if (!Durations.TryParse(value, out var duration) || duration == TimeSpan.Zero)
            {
                problems.Add(Durations.Problem(Key(name)));
                return otherwise;
            }

            return duration;
        }
    }

    // None repeats the address: it may hold a key.
    private static string? UrlProblem(string value, out Uri? url)
    {
        if (!Uri.TryCreate(value.Trim(), UriKind.Absolute, out url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            url = null;
            return "is no address. Write a whole one, such as https://tools.example/mcp.";
        }

        if (url.UserInfo.Length > 0)
        {
            return "holds a user name or password. Remove it, and put what the server wants into Headers.";
        }

        if (url.Fragment.Length > 0 || !value.All(c => c is > ' ' and <= '~'))
        {
            return "has a #, a space or a character outside ASCII. Remove it; write a host in its xn-- form.";
        }

        return url.Scheme == "http" && !NearHosts.Has(url)
            ? "sends what tools are given, and Headers, unencrypted to a public host. Use https; http is for this machine and private networks."
            : null;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9-]{0,31}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Token();
}
