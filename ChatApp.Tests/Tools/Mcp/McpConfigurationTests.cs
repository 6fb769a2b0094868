namespace ChatApp.Tests.Tools.Mcp;

public sealed class McpConfigurationTests
{
    private const string Server = "ChatApp:Mcp:Servers:";

    [Fact]
    public void Read_BadSettings_NamesThemAllAndNoSecret()
    {
        var options = TestServers.Read(
            ($"{Server}a_b:Command", "npx -y server"),
            ($"{Server}a_b:Url", "https://tools.example/mcp"),
            ($"{Server}none:Comand", "npx"),
            ($"{Server}http:Url", "http://tools.example/mcp?key=sec-ret"),
            ($"{Server}http:Headers:Content-Type", "sec-ret"),
            ($"{Server}http:Headers:Authorization", "Bearer sec-ret\r\nX: y"),
            ($"{Server}http:Env:KEY", "sec-ret"),
            ($"{Server}user:Url", "https://ann:sec-ret@tools.example/mcp"),
            ($"{Server}file:Url", "file:///etc/passwd"),
            ($"{Server}run:Command", "npx"),
            ($"{Server}run:Args", "-y server"),
            ($"{Server}run:Env:A=B", "sec-ret"),
            ($"{Server}run:Headers:X", "sec-ret"),
            ($"{Server}run:WorkingDirectory", "/no/such/directory"),
            ($"{Server}run:Enabled", "perhaps"),
            ($"{Server}run:Approval", "2"),
            ($"{Server}run:Tools:0", "read"),
            ($"{Server}run:ApprovalOf:write", "never"),
            ($"{Server}run:StartTimeout", "soon"),
            ($"{Server}run:CallTimeout", "0s"));

        Assert.Equal(
            [
                $"{Server}a_b has a name that its tools' names can't begin with. Use letters, digits and -, a letter first, at most 32 characters.",
                $"{Server}a_b needs either Command, a program to start, or Url, the address of a server that runs: it has both.",
                $"{Server}a_b:Command has a space and is no file. Name the program alone, and put each argument into Args.",
                $"{Server}file:Url is no address. Write a whole one, such as https://tools.example/mcp.",
                $"{Server}http:Env belongs to a server with Command. Remove it.",
                $"{Server}http:Headers:Authorization is empty, or holds a line end or another character that no header has. Copy it again.",
                $"{Server}http:Headers:Content-Type is no header that can be set. Remove it.",
                $"{Server}http:Url sends what tools are given, and Headers, unencrypted to a public host. Use https; http is for this machine and private networks.",
                $"{Server}none needs either Command, a program to start, or Url, the address of a server that runs: it has neither.",
                $"{Server}none:Comand is no setting of an MCP server. Use one of: Command, Args, Env, WorkingDirectory, Url, Headers, Enabled, Approval, ApprovalOf, Tools, IsDefault, StartTimeout, CallTimeout.",
                $"{Server}run:Approval must be one of: never, once, always.",
                $"{Server}run:ApprovalOf:write is of a tool that is not taken. Add it to {Server}run:Tools, or remove it.",
                $"{Server}run:Args must be a list, one argument each, such as [\"-y\", \"some-server\"].",
                $"{Server}run:CallTimeout is not a duration. Write a number and ms, s, m, h or d, such as 30s.",
                $"{Server}run:Enabled is neither true nor false. Write one of the two.",
                $"{Server}run:Env:A=B is no environment variable. Write a name without = and a text.",
                $"{Server}run:Headers belongs to a server with Url. Remove it.",
                $"{Server}run:StartTimeout is not a duration. Write a number and ms, s, m, h or d, such as 30s.",
                $"{Server}run:WorkingDirectory is no directory. Make it, or name another.",
                $"{Server}user:Url holds a user name or password. Remove it, and put what the server wants into Headers.",
            ],
            options.Problems.Order(StringComparer.Ordinal));
        Assert.All(options.Problems, problem => Assert.DoesNotContain("sec-ret", problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://tools.example/mcp?key=1")]
    [InlineData("http://localhost:3000/mcp")]
    [InlineData("http://10.1.2.3/mcp")]
    [InlineData("http://[::1]:3000/mcp")]
    [InlineData("http://tools:3000/mcp")]
    public void Read_Address_IsTaken(string url)
    {
        var options = TestServers.Read(($"{Server}a:Url", url), ($"{Server}a:Headers:Authorization", "Bearer x"));

        Assert.Empty(options.Problems);
        Assert.Equal(url, options.Servers["a"].Url!.OriginalString);
    }
}
