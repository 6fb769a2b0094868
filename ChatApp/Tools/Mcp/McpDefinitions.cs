using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Definition = ModelContextProtocol.Protocol.Tool;

namespace ChatApp.Tools.Mcp;

/// <summary>
/// Makes tools of what a server lists, within bounds, and remembers what it listed first: a tool that becomes another while people trust it asks again.
/// Used by one listing at a time.
/// </summary>
/// <param name="server">The server's name.</param>
/// <param name="options">What the settings say of it.</param>
/// <param name="call">Calls a tool, by the server's own name of it.</param>
internal sealed class McpDefinitions(string server, McpServerOptions options, Func<Definition, AIFunctionArguments, CancellationToken, Task<string>> call)
{
    /// <summary>The most tools that are taken of one server.</summary>
    public const int MaxTools = 128;

    private const int MaxName = 64;
    private const int MaxDescription = 4096;
    private const int MaxSchema = 32 * 1024;
    private const int MaxTitle = 100;

    // Names that were ever listed: a server that makes up new ones without end is not remembered without end.
    private const int MaxPins = 1024;

    private readonly Dictionary<string, Pin> _pins = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private bool _isLater;

    /// <summary>The tools, by the names that models use, that are not what they were when they were first listed.</summary>
    public IReadOnlyList<string> Changed => [.. _pins.Values.Where(pin => pin.HasChanged).Select(pin => pin.Name).Order(StringComparer.Ordinal)];

    /// <summary>Makes tools of a whole list.</summary>
    /// <param name="listed">What the server lists.</param>
    /// <param name="notes">Gets a line for each thing that people should know.</param>
    public IReadOnlyList<Tool> Take(IReadOnlyList<Definition> listed, List<string> notes)
    {
        var tools = new List<Tool>();
        foreach (var definition in listed.DistinctBy(definition => definition.Name, StringComparer.Ordinal).Where(IsTaken))
        {
            if (tools.Count == MaxTools)
            {
                notes.Add($"lists more than {MaxTools} tools; those behind are left out. Name those to take in Tools");
                break;
            }

            if (Make(definition, notes) is { } tool)
            {
                tools.Add(tool);
            }
        }

        notes.AddRange(options.Tools.Concat(options.ApprovalOf.Keys).Distinct(StringComparer.Ordinal).Where(name => !listed.Any(definition => definition.Name == name))
            .Select(name => $"has no tool '{name}', which the settings name"));
        _isLater = true;
        return tools;
    }

    private bool IsTaken(Definition definition) => !string.IsNullOrEmpty(definition.Name) && (options.Tools.Count == 0 || options.Tools.Contains(definition.Name));

    private Tool? Make(Definition definition, List<string> notes)
    {
        var schema = definition.InputSchema;
        if (schema.GetRawText().Length > MaxSchema)
        {
            notes.Add($"has a tool '{Line(definition.Name, MaxName)}' whose schema has more than {MaxSchema} characters; it is left out");
            return null;
        }

        if (PinOf(definition, notes) is not { } pin)
        {
            return null;
        }

        var offered = pin.Last;
        var title = Line(definition.Title ?? definition.Annotations?.Title, MaxTitle);
        return new Tool(new McpFunction(pin.Name, Clean(definition.Description, MaxDescription), schema, CallAsync))
        {
            Source = server,
            Title = title.Length > 0 ? title : null,
            IsDefault = options.IsDefault,
            Approval = ApprovalOf(definition.Name, pin),
            Timeout = options.CallTimeout,
        };

        // A run goes on with the tools it began with, and so with the yes that was given to them.
        Task<string> CallAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) => pin.Last == offered
            ? call(definition, arguments, cancellationToken)
            : throw new ToolException($"Not called: the server {server} has changed what the tool {pin.Name} says of itself since it was offered. Ask again, and it is offered as it is now.");
    }

    // Whoever wrote "never" had seen the tool as it was.
    private ToolApproval ApprovalOf(string name, Pin pin)
    {
        var isNamed = options.ApprovalOf.TryGetValue(name, out var approval);
        approval = isNamed ? approval : options.Approval;
        var isKnown = !pin.HasChanged && (!pin.IsLate || isNamed || options.Tools.Contains(name));
        return approval == ToolApproval.Never && !isKnown ? ToolApproval.Once : approval;
    }

    private Pin? PinOf(Definition definition, List<string> notes)
    {
        var hash = Hash($"{definition.Name}\0{definition.Title}\0{definition.Description}\0{definition.InputSchema.GetRawText()}");
        if (!_pins.TryGetValue(definition.Name, out var pin))
        {
            if (_pins.Count >= MaxPins)
            {
                notes.Add($"has named more than {MaxPins} tools since ChatApp started; new ones are left out until it starts again");
                return null;
            }

            _pins[definition.Name] = pin = new Pin(NameOf(definition.Name), hash, _isLater);
        }
        else if (pin.Last != hash)
        {
            pin.Last = hash;
            pin.HasChanged = true;
            notes.Add($"has changed what its tool '{pin.Name}' says of itself; it asks again before it is called");
        }

        return pin;
    }

    /// <summary><c>SERVER_tool</c>, of letters, digits, <c>_</c> and <c>-</c>; where that is too long or taken, with a part that tells it from others.</summary>
    private string NameOf(string tool)
    {
        var name = $"{server}_{string.Concat(tool.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_'))}";
        if (name.Length > MaxName || !_names.Add(name))
        {
            var mark = $"_{Hash(tool)[..8]}";
            name = name[..Math.Min(name.Length, MaxName - mark.Length)] + mark;
            _names.Add(name);
        }

        return name;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Line(string? text, int most) => Clean(text, most).ReplaceLineEndings(" ");

    /// <summary>A text without what nobody sees: characters that people can't read must not speak to the model.</summary>
    private static string Clean(string? text, int most)
    {
        var clean = new StringBuilder();
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            var isSeen = rune.Value is '\n' or '\t' || Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.PrivateUse);
            if (isSeen && clean.Length + rune.Utf16SequenceLength > most)
            {
                return clean.Append('…').ToString();
            }

            if (isSeen)
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString();
    }

    /// <summary>What a tool was when it was first listed.</summary>
    /// <param name="name">The name that models use.</param>
    /// <param name="first">The hash of its definition.</param>
    /// <param name="isLate">Whether it came after the server's first list.</param>
    private sealed class Pin(string name, string first, bool isLate)
    {
        private string _last = first;

        public string Name => name;

        public bool IsLate => isLate;

        public bool HasChanged { get; set; }

        public string Last
        {
            get => Volatile.Read(ref _last);
            set => Volatile.Write(ref _last, value);
        }
    }
}
